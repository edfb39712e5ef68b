import { useEffect } from "react";

/** Keeps the screen from going dark while it is a kiosk, where the browser can do that. */
export function useWakefulScreen(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const hold = async () => {
      if (document.hidden || !("wakeLock" in navigator)) return;
      const held = await navigator.wakeLock.request("screen").catch(() => null);
      if (over) await held?.release();
      else lock = held;
    };
    // The lock is lost whenever the page is hidden.
    document.addEventListener("visibilitychange", hold);
    void hold();
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    };
  }, []);
}
