/** The slots of a Redis Cluster: each key belongs to one of 16 384, each slot to one master at a time. */
const slotCount = 16_384;

/** The slot of a key: of what stands in its first braces when there are any, so that keys of one tag share a slot. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  const hashed = open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key;
  return crc16(Buffer.from(hashed)) % slotCount;
}

/** CRC-16/XMODEM. Bit by bit, because it is computed once for each shard. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}
