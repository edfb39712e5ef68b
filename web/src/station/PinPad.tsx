import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { Icon } from "../shared/ui/Icon";

const lengthMin = 4;

interface PinPadProps {
  /** What the yes is to, for instance "Pay ₹45". */
  action: string;
  /** Digits that are taken at most; four at least. */
  lengthMax?: number;
  busy: boolean;
  onPin: (pin: string) => void;
}

/** Large keys and no digits to be seen. The PIN lives in this component alone and is gone as soon as it is sent. */
export function PinPad({ action, lengthMax = 8, busy, onPin }: PinPadProps) {
  const [pin, setPin] = useState("");
  const ready = pin.length >= lengthMin && !busy;
  const add = (digit: string) => setPin((before) => (before.length < lengthMax ? before + digit : before));
  const back = () => setPin((before) => before.slice(0, -1));
  const send = () => {
    if (!ready) return;
    onPin(pin);
    setPin("");
  };

  // A keyboard or a keypad of its own may be plugged in.
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^\d$/.test(event.key)) add(event.key);
      else if (event.key === "Backspace") back();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  return (
    <form
      className="pin-pad"
      data-testid="pin-pad"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="pin-dots" role="status" aria-label={`${pin.length} digits entered`} data-length={pin.length}>
        {Array.from({ length: Math.max(lengthMin, pin.length) }, (_, place) => place).map((place) => (
          <span key={place} data-on={place < pin.length} />
        ))}
      </div>
      <div className="pin-keys">
        {["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => (
          <Key key={digit} label={digit} disabled={busy} onPress={() => add(digit)} />
        ))}
        <Key label="Clear" disabled={busy} onPress={() => setPin("")} />
        <Key label="0" disabled={busy} onPress={() => add("0")} />
        <Key label="Back" disabled={busy} onPress={back} />
      </div>
      <Button
        type="submit"
        size="xl"
        fullWidth
        loading={busy}
        disabled={!ready}
        leftSection={<Icon name="check" weight={2.6} />}
        data-testid="pin-send"
      >
        {action}
      </Button>
    </form>
  );
}

function Key({ label, disabled, onPress }: { label: string; disabled: boolean; onPress: () => void }) {
  return (
    <button
      type="button"
      className="pin-key"
      data-word={label.length > 1}
      disabled={disabled}
      onClick={onPress}
      data-testid={`pin-key-${label}`}
    >
      {label}
    </button>
  );
}
