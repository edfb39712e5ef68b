import { Badge } from "@mantine/core";
import type { Payment } from "../api/types";
import { paymentWords, type Reader, type Tone } from "./paymentWords";
import "./payments.css";

export function ToneBadge({ label, tone }: { label: string; tone: Tone }) {
  return (
    <Badge variant="light" tt="none" size="lg" className="tone-badge" data-tone={tone}>
      {label}
    </Badge>
  );
}

export function PaymentBadge({ payment, reader }: { payment: Payment; reader: Reader }) {
  const { label, tone } = paymentWords(payment, reader);
  return <ToneBadge label={label} tone={tone} />;
}
