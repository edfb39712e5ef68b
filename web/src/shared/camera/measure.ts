/** Light and sharpness of a picture, and how much two views differ, measured on small grey copies of the frames. */
export interface Grey {
  width: number;
  height: number;
  luma: Uint8Array;
}

export interface Measures {
  /** Mean brightness, 0 to 255. */
  light: number;
  /** Variance of the Laplacian; a blurred picture has little of it. */
  sharpness: number;
}

export function greyOf(image: { width: number; height: number; data: Uint8ClampedArray }): Grey {
  const luma = new Uint8Array(image.width * image.height);
  for (let i = 0; i < luma.length; i++) {
    const at = i * 4;
    luma[i] = (byte(image.data, at) * 77 + byte(image.data, at + 1) * 150 + byte(image.data, at + 2) * 29) >> 8;
  }
  return { width: image.width, height: image.height, luma };
}

export function measure({ width, height, luma }: Grey): Measures {
  let light = 0;
  for (const value of luma) light += value;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const around = px(luma, at - 1) + px(luma, at + 1) + px(luma, at - width) + px(luma, at + width);
      const edge = around - 4 * px(luma, at);
      sum += edge;
      squares += edge * edge;
    }
  }
  const count = Math.max(1, (width - 2) * (height - 2));
  return { light: light / Math.max(1, luma.length), sharpness: squares / count - (sum / count) ** 2 };
}

/** Mean difference of two grey pictures of one size, 0 to 255, after taking out a change of overall brightness. */
export function difference(one: Grey, other: Grey): number {
  if (one.luma.length !== other.luma.length) return 255;
  let shift = 0;
  for (let i = 0; i < one.luma.length; i++) shift += px(one.luma, i) - px(other.luma, i);
  shift /= Math.max(1, one.luma.length);
  let apart = 0;
  for (let i = 0; i < one.luma.length; i++) apart += Math.abs(px(one.luma, i) - px(other.luma, i) - shift);
  return apart / Math.max(1, one.luma.length);
}

const px = (luma: Uint8Array, at: number) => luma[at] ?? 0;
const byte = (data: Uint8ClampedArray, at: number) => data[at] ?? 0;

export type Advice = "too_dark" | "too_bright" | "no_face" | "come_closer" | "hold_still" | "blurred" | "good";

export interface View extends Measures {
  /** Difference to the view a moment before. */
  motion: number;
  /** Face width over picture width; null: nobody in view; undefined: this browser cannot tell. */
  faceShare?: number | null | undefined;
}

/**
 * The one thing to say to the person now. Photographs of people shown to a 1280 pixel camera measure a sharpness of
 * 1,700 and more, blurred by 8 pixels 27 to 99; a single face that fills the oval has less detail, so the limit is
 * low. The advice only guides: it never keeps anybody from taking the photo.
 */
export function adviceOn(view: View): Advice {
  if (view.light < 45) return "too_dark";
  if (view.light > 215) return "too_bright";
  if (view.faceShare === null) return "no_face";
  if (view.faceShare !== undefined && view.faceShare < 0.18) return "come_closer";
  if (view.motion > 9) return "hold_still";
  if (view.sharpness < 25) return "blurred";
  return "good";
}
