// What Python packs (`parts.buffer`): a header and the numbers after it.
export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const start = Math.ceil((4 + length) / 4) * 4;
  // A copy, since the bytes may not begin on a multiple of four in the message.
  const values = new Float32Array(bytes.slice(start).buffer);
  return { header, values };
}
