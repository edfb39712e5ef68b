import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { money } from "../shared/format";

interface AgreeToPayProps {
  name: string;
  amountMinor: number;
  currency: string;
  busy: boolean;
  onYes: () => void;
  onNo: () => void;
}

/** The customer sees whom the camera took them for and what they pay, before anything moves. */
export function AgreeToPay({ name, amountMinor, currency, busy, onYes, onNo }: AgreeToPayProps) {
  const sum = money(amountMinor, currency);
  return (
    <Stack className="agree" gap="lg" data-testid="agree">
      <div>
        <Text size="lg">Hello,</Text>
        <Title order={2} data-testid="agree-name">
          {name}
        </Title>
      </div>
      <Text className="await-amount figures">{sum}</Text>
      <Text c="dimmed">Paid from your SightPay wallet.</Text>
      <Group grow>
        <Button size="xl" variant="default" disabled={busy} onClick={onNo} data-testid="agree-no">
          That is not me
        </Button>
        <Button size="xl" loading={busy} onClick={onYes} data-testid="agree-yes">
          Pay {sum}
        </Button>
      </Group>
    </Stack>
  );
}
