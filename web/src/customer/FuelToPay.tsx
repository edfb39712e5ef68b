import { Button, Card, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { Link, useLocation } from "react-router";
import type { FuelSession } from "../shared/api/types";
import { money } from "../shared/format";
import { Countdown } from "../shared/payments/Countdown";
import { awaitsYes, carOf, fuelWords, isBill } from "./fuelWords";
import { useOpenFuel } from "./queries";

/** Cars at pumps and bills that are open, above whatever page the person is on; their own page says so itself. */
export function FuelToPay() {
  const sessions = useOpenFuel();
  const { pathname } = useLocation();
  const open = sessions.data?.items.filter(({ id }) => pathname !== `/fuel/${id}`);
  return (
    <div aria-live="polite">
      {open?.map((session) => (
        <OneToPay key={session.id} session={session} />
      ))}
    </div>
  );
}

function OneToPay({ session }: { session: FuelSession }) {
  const queries = useQueryClient();
  const over = useCallback(() => void queries.invalidateQueries({ queryKey: ["fuel"] }), [queries]);
  const words = fuelWords(session);
  const bill = isBill(session);
  return (
    <Card mb="lg" className="to-confirm" data-testid="fuel-open" data-state={session.state}>
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text fw={700}>{bill ? `Pay ${money(session.amount_minor, session.currency)} for fuel?` : words.title}</Text>
          <Text size="sm" c="dimmed">
            {carOf(session)} at {session.site_name}
            {awaitsYes(session) && session.expires_at ? (
              <>
                . <Countdown until={session.expires_at} onOver={over} /> left.
              </>
            ) : (
              `. ${words.label}.`
            )}
          </Text>
        </div>
        <Button
          component={Link}
          to={`/fuel/${session.id}`}
          flex="none"
          variant={awaitsYes(session) ? "filled" : "light"}
        >
          {session.state === "expired" || session.state === "drive_off" ? "Open" : "Look"}
        </Button>
      </Group>
    </Card>
  );
}
