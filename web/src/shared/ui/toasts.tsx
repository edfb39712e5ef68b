import { Notification } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { Icon, type IconName } from "./Icon";

interface Toast {
  id: number;
  title: string;
  text?: string;
  icon: IconName;
  color: string;
}

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function put(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says something that happened, for a few seconds, in a corner that screen readers listen to. */
export function toast(title: string, text?: string, tone: "good" | "plain" | "bad" = "good"): void {
  const id = ++last;
  const look = {
    good: { icon: "check", color: "green.8" },
    plain: { icon: "journeys", color: "sight" },
    bad: { icon: "warning", color: "red.8" },
  } as const;
  put([...toasts.slice(-1), { id, title, ...(text ? { text } : {}), ...look[tone] }]);
  setTimeout(() => put(toasts.filter((one) => one.id !== id)), 6_000);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite" data-testid="toasts">
      {shown.map((one) => (
        <Notification
          key={one.id}
          title={one.title}
          color={one.color}
          icon={<Icon name={one.icon} size={18} />}
          withBorder
          radius="lg"
          role="presentation"
          closeButtonProps={{ "aria-label": "Dismiss" }}
          onClose={() => put(toasts.filter((other) => other.id !== one.id))}
        >
          {one.text}
        </Notification>
      ))}
    </div>
  );
}
