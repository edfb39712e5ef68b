import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { money } from "../shared/format";
import { Icon, type IconName } from "../shared/ui/Icon";
import type { Checked } from "./check";
import type { Evidence, Finding, Receipt } from "./receipt";

const kinds: Record<string, string> = {
  purchase: "Payment",
  top_up: "Top-up",
  fare: "Fare",
  fuel: "Fuel",
  refund: "Refund",
  chargeback: "Chargeback",
  correction: "Correction",
};

const verdicts: Record<Finding["verdict"], { icon: IconName; title: string; text: string }> = {
  holds: {
    icon: "check",
    title: "This receipt is genuine",
    text: "It is as it was written, it stands in the log, and the log was not rewritten.",
  },
  fails: {
    icon: "cross",
    title: "Do not rely on this receipt",
    text: "Something does not fit. Below is what.",
  },
  open: {
    icon: "warning",
    title: "Not everything could be checked",
    text: "Nothing is wrong so far, but that is no proof yet.",
  },
};

/** What was found: first the answer, then the receipt, then each check in a sentence. */
export function Result({ checked, onAgain }: { checked: Checked; onAgain: () => void }) {
  const { icon, title, text } = verdicts[checked.verdict];
  return (
    <Stack gap="lg">
      <section className="verdict" data-testid="receipt-verdict" data-verdict={checked.verdict} aria-live="polite">
        <span className="verdict-icon">
          <Icon name={icon} size={34} weight={2.2} />
        </span>
        <div>
          <Title order={1}>{title}</Title>
          <Text>{text}</Text>
        </div>
      </section>
      <Paper receipt={checked.receipt} isFalse={checked.verdict === "fails"} />
      <ul className="findings">
        {checked.findings.map((finding) => (
          <li key={finding.sentence} data-verdict={finding.verdict} data-testid="finding">
            <Icon name={verdicts[finding.verdict].icon} size={20} weight={2.2} />
            <span>{finding.sentence}</span>
          </li>
        ))}
      </ul>
      {checked.evidence && <Details evidence={checked.evidence} />}
      <Group>
        <Button variant="default" onClick={onAgain} data-testid="verify-again">
          Check another one
        </Button>
      </Group>
    </Stack>
  );
}

function Paper({ receipt, isFalse }: { receipt: Receipt; isFalse: boolean }) {
  const at = new Date(receipt.at);
  const rows: [string, string][] = [
    ["Date", at.toLocaleDateString(undefined, { dateStyle: "long" })],
    ["Time", at.toLocaleTimeString(undefined, { timeStyle: "medium" })],
    ["Receipt", receipt.id],
    [`${kinds[receipt.kind] ?? receipt.kind} number`, receipt.subject],
  ];
  if (receipt.corrects) rows.push(["Takes back", receipt.corrects]);
  return (
    <article className="paper" data-false={isFalse}>
      <Text c="dimmed">{kinds[receipt.kind] ?? receipt.kind}</Text>
      <p className="paper-amount figures" data-testid="receipt-amount">
        {money(receipt.amount.amount_minor, receipt.amount.currency)}
      </p>
      <Text fw={600}>{receipt.payee}</Text>
      {receipt.text && <Text c="dimmed">{receipt.text}</Text>}
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figures">{value}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

function Details({ evidence }: { evidence: Evidence }) {
  const { head, leaf } = evidence;
  const rows: [string, string][] = [
    ["Log", head.origin],
    ["Place", `${leaf.index}, counted from 0, of ${head.size}`],
    ["Leaf", leaf.hash],
    ["Root", head.root],
    ["Signed", head.at],
    ["Signature", head.signature],
  ];
  return (
    <details className="numbers">
      <summary>The numbers behind it</summary>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Text size="sm" c="dimmed">
        Do not trust this page either? Download the receipt and run <code>sightpay verify-receipt</code>, or write a
        check of your own: it is RFC 9162 with SHA-256 and ECDSA P-256.
      </Text>
    </details>
  );
}
