import { Button, Group, Text } from "@mantine/core";
import { Link } from "react-router";
import { money } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { useWallet } from "./queries";

export function BalanceCard({ withTopUp = false }: { withTopUp?: boolean }) {
  const wallet = useWallet();
  const amount = (minor: number | undefined) =>
    minor === undefined || !wallet.data ? "…" : money(minor, wallet.data.currency);
  return (
    <>
      <section className="balance" aria-label="Wallet">
        <Text size="sm" className="balance-soft">
          Available
        </Text>
        <Text className="balance-amount figures" data-testid="available" data-minor={wallet.data?.available_minor}>
          {amount(wallet.data?.available_minor)}
        </Text>
        <Group justify="space-between" align="flex-end" mt="md" wrap="nowrap">
          <dl className="balance-parts figures">
            <div>
              <dt>Balance</dt>
              <dd data-testid="balance" data-minor={wallet.data?.balance_minor}>
                {amount(wallet.data?.balance_minor)}
              </dd>
            </div>
            <div>
              <dt>Held</dt>
              <dd data-testid="held" data-minor={wallet.data?.held_minor}>
                {amount(wallet.data?.held_minor)}
              </dd>
            </div>
          </dl>
          {withTopUp && (
            <Button
              component={Link}
              to="/wallet"
              color="#fff"
              c="#282d86"
              size="sm"
              className="balance-button"
              leftSection={<Icon name="plus" size={16} weight={2.4} />}
            >
              Top up
            </Button>
          )}
        </Group>
      </section>
      <ProblemNote error={wallet.error} onRetry={() => void wallet.refetch()} />
    </>
  );
}
