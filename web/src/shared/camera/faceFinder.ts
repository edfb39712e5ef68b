interface FaceDetectorApi {
  detect(source: HTMLVideoElement): Promise<{ boundingBox: DOMRectReadOnly }[]>;
}

type FaceDetectorConstructor = new (options: { fastMode: boolean; maxDetectedFaces: number }) => FaceDetectorApi;

/**
 * The share of the picture's width that the largest face takes: null when there is nobody, undefined when this browser
 * has no face detector of its own. The server judges every photo anyway; this only makes the guidance livelier.
 */
export function faceFinder(): (video: HTMLVideoElement) => Promise<number | null | undefined> {
  const Detector = (globalThis as { FaceDetector?: FaceDetectorConstructor }).FaceDetector;
  let detector: FaceDetectorApi | null = null;
  try {
    detector = Detector ? new Detector({ fastMode: true, maxDetectedFaces: 3 }) : null;
  } catch {
    detector = null;
  }
  return async (video) => {
    if (!detector || video.videoWidth === 0) return undefined;
    try {
      const faces = await detector.detect(video);
      const widest = Math.max(0, ...faces.map((face) => face.boundingBox.width));
      return widest === 0 ? null : widest / video.videoWidth;
    } catch {
      detector = null;
      return undefined;
    }
  };
}
