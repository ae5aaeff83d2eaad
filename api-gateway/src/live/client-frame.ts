import { type LiveFrame, liveFrames } from '@leaderboard/shared/contracts/live';
import { findInexactNumber } from '@leaderboard/shared/http/json-body';
import { Problem } from '@leaderboard/shared/http/problems';
import { Value } from 'typebox/value';

type Kind = keyof typeof liveFrames;
const kinds = Object.keys(liveFrames) as Kind[];

/** A frame that cannot be understood; `ref` is what it carried, if that could be read. */
export class MalformedFrame extends Error {
  constructor(
    readonly problem: Problem,
    readonly ref?: unknown,
  ) {
    super(problem.message);
  }
}

/** @throws {MalformedFrame} */
export function readClientFrame(text: string): LiveFrame {
  const inexact = findInexactNumber(text);
  if (inexact !== undefined) {
    throw malformed(`${inexact} is not an integer that can be kept exactly`);
  }
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    throw malformed('The frame is not JSON');
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
    throw malformed('A frame is a JSON object');
  }
  const { ref } = frame as { ref?: unknown };
  const [kind, ...more] = kinds.filter((each) => Object.hasOwn(frame, each));
  if (kind === undefined || more.length > 0) {
    throw new MalformedFrame(
      new Problem('invalid_request', `A frame has exactly one of ${kinds.join(', ')}`),
      ref,
    );
  }
  if (!Value.Check(liveFrames[kind], frame)) {
    const errors = Value.Errors(liveFrames[kind], frame).map(({ instancePath, message }) => ({
      path: `frame${instancePath}`,
      message,
    }));
    const detail = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
    throw new MalformedFrame(new Problem('invalid_request', detail, { errors }), ref);
  }
  return { kind, ...frame } as LiveFrame;
}

const malformed = (detail: string) => new MalformedFrame(new Problem('malformed_body', detail));
