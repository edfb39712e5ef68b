import { useEffect, useState } from "react";
import { serverClock } from "../api/serverClock";
import { timeLeft } from "../format";

/**
 * Time left by the server's clock. At its end it asks for the truth, and then every few seconds while it is still
 * shown: the server decides when time is over, not this page.
 */
export function Countdown({ until, onOver }: { until: string; onOver: () => void }) {
  const [now, setNow] = useState(() => serverClock.now());
  const left = Date.parse(until) - now;
  const over = left <= 0;
  useEffect(() => {
    const timer = setInterval(() => setNow(serverClock.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (!over) return;
    onOver();
    const timer = setInterval(onOver, 5_000);
    return () => clearInterval(timer);
  }, [over, onOver]);
  return (
    <span className="figures" role="timer" data-testid="time-left">
      {timeLeft(left)}
    </span>
  );
}
