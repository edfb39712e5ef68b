import { ActionIcon, Group, Menu, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, Outlet } from "react-router";
import type { LiveEvent, SignedInPerson } from "../shared/api/types";
import { useLive } from "../shared/live/useLive";
import { Icon } from "../shared/ui/Icon";
import { PageFrame, type Place } from "../shared/ui/PageFrame";
import { toast } from "../shared/ui/toasts";
import { api, session } from "./account";
import { FuelAsks, useFuelAsks } from "./FuelAsks";
import { FuelToPay } from "./FuelToPay";
import { PaymentsToConfirm } from "./PaymentsToConfirm";
import { useBillAtPump } from "./useBillAtPump";
import { useJourneyNews, usePaymentNews } from "./useNews";

const places: Place[] = [
  { to: "/", label: "Home", icon: "home" },
  { to: "/wallet", label: "Wallet", icon: "wallet" },
  { to: "/payments", label: "Payments", icon: "till" },
  { to: "/journeys", label: "Journeys", icon: "journeys" },
  { to: "/face", label: "Face", icon: "face" },
];

/** The frame of every signed-in page: navigation, live updates and news of charged fares. */
export function Shell({ person }: { person: SignedInPerson }) {
  const queries = useQueryClient();
  const openBill = useBillAtPump();
  const asks = useFuelAsks();
  const refresh = (event: LiveEvent) => {
    if (event.type === "fuel_session") {
      void queries.invalidateQueries({ queryKey: ["fuel"] });
      openBill(event);
    }
    if (event.type === "fuel_ask") asks.hear(event);
    if (event.type === "fuel_notice") toast("The pump gives nothing", noticeOf(event.data.reason), "plain");
    if (event.type === "journey" || event.type === "wallet" || event.type === "payment") {
      void queries.invalidateQueries({ queryKey: ["journeys"] });
      void queries.invalidateQueries({ queryKey: ["wallet"] });
      void queries.invalidateQueries({ queryKey: ["payments"] });
      // It may have been this person's code that moved something, and then it is used up.
      void queries.invalidateQueries({ queryKey: ["code"] });
    }
    if (event.type === "face_limit")
      toast(
        "Your face has spent its limit",
        "Use your PIN or your code for now. To spend more by face, open Face and prove that it is you.",
        "plain",
      );
    if (event.type === "vehicle") {
      void queries.invalidateQueries({ queryKey: ["vehicles"] });
      void queries.invalidateQueries({ queryKey: ["plate-claims"] });
      if (event.data.what === "claimed")
        toast("A plate is claimed", "Until it is decided, the car asks before it pays. See Vehicles.", "plain");
    }
    if (event.type === "site_invitation") void queries.invalidateQueries({ queryKey: ["site-invitations"] });
    if (event.type === "face" || event.type === "consent") {
      void queries.invalidateQueries({ queryKey: ["face"] });
      void queries.invalidateQueries({ queryKey: ["consents"] });
    }
  };
  const live = useLive(api.liveTicket, refresh, () => void queries.invalidateQueries());
  useJourneyNews();
  usePaymentNews();
  // What one person's pages have loaded must not greet the next one who signs in here.
  useEffect(() => () => queries.clear(), [queries]);

  return (
    <PageFrame title="SightPay" places={places} live={live} size="sm" account={<Account person={person} />}>
      <FuelAsks asks={asks} />
      <FuelToPay />
      <PaymentsToConfirm />
      <Outlet />
    </PageFrame>
  );
}

/** Why a pump gave nothing, as its display says it too. */
function noticeOf(reason: unknown): string {
  if (reason === "wrong_fuel") return "That is not the fuel for your car. Hang up and take another nozzle.";
  if (reason === "unpaid_bill") return "An earlier bill is open. Say yes here first, or ask in the shop.";
  if (reason === "site_closed") return "The site is closed.";
  return "Hang up and take another pump, or ask in the shop.";
}

function Account({ person }: { person: SignedInPerson }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <ActionIcon
        component={Link}
        to="/code"
        variant="default"
        radius="xl"
        size={36}
        aria-label="My code"
        title="My code"
        data-testid="to-code"
      >
        <Icon name="qr" size={18} />
      </ActionIcon>
      <AccountMenu person={person} />
    </Group>
  );
}

function AccountMenu({ person }: { person: SignedInPerson }) {
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="light" radius="xl" size={36} aria-label="Account" data-testid="account">
          <Text span fw={700} size="sm" aria-hidden>
            {person.name.trim().slice(0, 1).toUpperCase()}
          </Text>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate>
            {person.name}
          </Text>
          <Text size="xs" truncate>
            {person.email}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item
          component={Link}
          to="/vehicles"
          leftSection={<Icon name="car" size={18} />}
          data-testid="to-vehicles"
        >
          Vehicles
        </Menu.Item>
        <Menu.Item
          component={Link}
          to="/security"
          leftSection={<Icon name="shield" size={18} />}
          data-testid="to-security"
        >
          Security and account
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="exit" size={18} />}
          onClick={() => void session.signOut()}
          data-testid="sign-out"
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
