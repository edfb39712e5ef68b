import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Icon, type IconName } from "../shared/ui/Icon";
import type { Verdict } from "./verdict";

const icons: Record<Verdict["tone"], IconName> = { open: "check", deny: "cross", ask: "hand" };

interface VerdictScreenProps {
  verdict: Verdict | null;
  /** Given: it stays until pressed. Absent: it goes by itself. */
  action?: { label: string; run: () => void };
}

/** The answer, large enough to be read while walking. The region is always there, so it is spoken when it fills. */
export function VerdictScreen({ verdict, action }: VerdictScreenProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (verdict) button.current?.focus();
  }, [verdict]);
  return (
    <div role="status" aria-live="assertive" aria-atomic="true">
      {verdict && (
        <section
          className="verdict"
          data-tone={verdict.tone}
          data-testid="verdict"
          data-decision={verdict.tone}
          data-reason={verdict.reason}
        >
          <span className="verdict-icon">
            <Icon name={icons[verdict.tone]} size={88} weight={2.4} />
          </span>
          <h2 data-testid="verdict-headline">{verdict.headline}</h2>
          {verdict.fare && (
            <p className="verdict-fare figures" data-testid="verdict-fare">
              {verdict.fare}
            </p>
          )}
          <p data-testid="verdict-text">{verdict.text}</p>
          {verdict.balance && (
            <p className="verdict-balance figures" data-testid="verdict-balance">
              Balance {verdict.balance}
            </p>
          )}
          {action && (
            <Button ref={button} size="lg" color="#fff" c="#1a1c22" onClick={action.run} data-testid="verdict-next">
              {action.label}
            </Button>
          )}
        </section>
      )}
    </div>
  );
}
