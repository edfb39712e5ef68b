import { type Grey, greyOf } from "./measure";

function canvasOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  return context;
}

const kept = new Map<string, CanvasRenderingContext2D>();

/** One canvas for each size, since frames come many times a second. */
function reused(width: number, height: number): CanvasRenderingContext2D {
  const size = `${width}x${height}`;
  const context = kept.get(size) ?? canvasOf(width, height);
  kept.set(size, context);
  return context;
}

/** A small grey copy of the middle part of the present frame (share 1 = all of it); null before the first frame. */
export function glance(video: HTMLVideoElement, width: number, height: number, share = 1): Grey | null {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
  const context = reused(width, height);
  const [w, h] = [video.videoWidth * share, video.videoHeight * share];
  const [x, y] = [(video.videoWidth - w) / 2, (video.videoHeight - h) / 2];
  context.drawImage(video, x, y, w, h, 0, 0, width, height);
  return greyOf(context.getImageData(0, 0, width, height));
}

/** The present frame as it is in memory, drawn into the given box; null before the first frame. */
export function pixelsOf(video: HTMLVideoElement, width: number, height: number): ImageData | null {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
  const context = reused(width, height);
  const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
  const [w, h] = [video.videoWidth * scale, video.videoHeight * scale];
  context.drawImage(video, (width - w) / 2, (height - h) / 2, w, h);
  return context.getImageData(0, 0, width, height);
}

/** The present frame as a JPEG no larger than the given box, in its own proportions. */
export async function takePicture(video: HTMLVideoElement, maxWidth: number, maxHeight: number, quality: number) {
  if (video.videoWidth === 0) return null;
  const scale = Math.min(1, maxWidth / video.videoWidth, maxHeight / video.videoHeight);
  const context = canvasOf(Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale));
  context.drawImage(video, 0, 0, context.canvas.width, context.canvas.height);
  return await jpegOf(context.canvas, quality);
}

/**
 * A chosen picture as it is when it is modest, else scaled to 2000 pixels. One that this browser cannot read goes to
 * the server untouched, which says what is wrong with it.
 */
export async function modestPicture(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file;
  const longest = Math.max(bitmap.width, bitmap.height);
  if (longest <= 2000 && file.size <= 1_500_000) return file;
  const scale = Math.min(1, 2000 / longest);
  const context = canvasOf(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  context.drawImage(bitmap, 0, 0, context.canvas.width, context.canvas.height);
  bitmap.close();
  return (await jpegOf(context.canvas, 0.9)) ?? file;
}

/**
 * A photo as a camera that hangs on a mast shows the scene: a little nearer or farther, shifted, lighter or darker, so
 * that no two frames are the same. Equal numbers give equal frames.
 */
export async function trembling(scene: ImageBitmap, number: number, box: { width: number; height: number }) {
  const scale = Math.min(1, box.width / scene.width, box.height / scene.height);
  const context = canvasOf(Math.round(scene.width * scale), Math.round(scene.height * scale));
  const { width, height } = context.canvas;
  const zoom = 1.02 + 0.015 * swing(number);
  const [right, down] = [2 * swing(number + 0.3), 2 * swing(number + 0.6)];
  context.drawImage(
    scene,
    (width * (1 - zoom)) / 2 + right,
    (height * (1 - zoom)) / 2 + down,
    width * zoom,
    height * zoom,
  );
  context.fillStyle = swing(number + 0.9) > 0 ? "#fff" : "#000";
  context.globalAlpha = 0.05 * Math.abs(swing(number + 0.9));
  context.fillRect(0, 0, width, height);
  return await jpegOf(context.canvas, 0.9);
}

/** Between -1 and 1, without a pattern that a few frames show. */
const swing = (number: number) => Math.sin(number * 12.9898 + 1) * Math.cos(number * 78.233);

function jpegOf(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}
