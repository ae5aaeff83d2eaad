import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, FrameError, isRequestHead, type RequestHead } from './batch-frame.js';

const decoder = (maxBytes = 1e9) => new FrameDecoder(isRequestHead, maxBytes);
const head = (path: string): RequestHead => ['POST', path, ['x-request-id', 'r']];

/** Bodies that would be trouble as text: framing of their own, JSON, bytes that are no UTF-8. */
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('', '"}],[["POST","/score",[]],0]]', '\0\0\0\0\0\0\0\0', '[]\n\r\n\r\n')
    .map((text) => Buffer.from(text)),
  fc.string().map((text) => encodeFrame([{ head: head('/score'), body: Buffer.from(text) }])),
);
const items = fc.array(fc.record({ head: fc.webPath().map((path) => head(`/${path}`)), body: bodies }), {
  maxLength: 20,
});

describe('a frame', () => {
  it('gives back what was put in, whatever the bodies hold and wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(items, { maxLength: 3 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 64 })),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map((frame) => encodeFrame(frame)));
          const reader = decoder();
          const read = [];
          for (let at = 0; at < stream.length; ) {
            const size = cuts.next().value as number;
            read.push(...reader.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(read.map(({ head, body }) => ({ head, body: body.toString('hex') }))).toEqual(
            frames.flat().map(({ head, body }) => ({ head, body: body.toString('hex') })),
          );
          expect(reader.atBoundary).toBe(true);
        },
      ),
    );
  });

  it('that is not complete is not read', () => {
    const frame = encodeFrame([{ head: head('/score'), body: Buffer.from('{"score":1}') }]);
    const reader = decoder();
    expect(reader.push(frame.subarray(0, -1))).toEqual([]);
    expect(reader.atBoundary).toBe(false);
    expect(reader.push(frame.subarray(-1))).toHaveLength(1);
  });

  const raw = (heads: string, bodiesText = '') => {
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(Buffer.byteLength(heads), 0);
    prefix.writeUInt32LE(Buffer.byteLength(bodiesText), 4);
    return Buffer.concat([prefix, Buffer.from(heads), Buffer.from(bodiesText)]);
  };
  it.each([
    ['heads that are not JSON', raw('[')],
    ['heads that are no list', raw('{}')],
    ['a head without a length', raw('[["POST","/score",[]]]')],
    ['a head of another shape', raw('[[["POST","score",[]],0]]')],
    ['headers that do not pair', raw('[[["POST","/score",["a"]],0]]')],
    ['a length below zero', raw('[[["POST","/score",[]],-1]]')],
    ['a length beyond the bodies', raw('[[["POST","/score",[]],5]]', '{}')],
    ['a length short of the bodies', raw('[[["POST","/score",[]],1]]', '{}')],
  ])('with %s is refused', (_, frame) => {
    expect(() => decoder().push(frame)).toThrow(FrameError);
  });

  it('larger than allowed is refused before it is kept', () => {
    const frame = encodeFrame([{ head: head('/score'), body: Buffer.alloc(100) }]);
    expect(() => decoder(100).push(frame.subarray(0, 8))).toThrow(FrameError);
  });
});
