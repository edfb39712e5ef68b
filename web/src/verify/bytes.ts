/** Bytes and their spellings. Everything that is not spelt exactly is refused. */
export type Bytes = Uint8Array<ArrayBuffer>;

export function bytesOfHex(text: string, length: number): Bytes {
  if (text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) throw new Error(`${length} bytes were expected.`);
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function hexOf(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function bytesOfBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function bytesOfBase64Url(text: string): Bytes {
  return bytesOfBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

export function base64UrlOf(bytes: Bytes): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function join(...parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/** Fields of text in UTF-8, each behind its length in four bytes, big-endian. */
export function fieldsToBytes(fields: readonly string[]): Bytes {
  return join(
    ...fields.map((field) => {
      const text = new TextEncoder().encode(field);
      const whole = new Uint8Array(4 + text.length);
      new DataView(whole.buffer).setUint32(0, text.length);
      whole.set(text, 4);
      return whole;
    }),
  );
}

export function bytesToFields(data: Bytes): string[] {
  const fields: string[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length; ) {
    const length = view.getUint32(at);
    at += 4;
    if (at + length > data.length) throw new Error("The data are cut off.");
    fields.push(new TextDecoder("utf-8", { fatal: true }).decode(data.subarray(at, at + length)));
    at += length;
  }
  return fields;
}
