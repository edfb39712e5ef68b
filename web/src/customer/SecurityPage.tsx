import { Button, Card, Group, List, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { fieldErrors } from "../shared/api/problem";
import type { Person, SignedInPerson, SpendingLimits } from "../shared/api/types";
import { minorDigits, money, parseAmount } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { Confirm, ProblemNote, Waiting } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { api, session } from "./account";
import { pinFault } from "./pinRules";
import { useLimits, useMe } from "./queries";

export function SecurityPage({ person }: { person: SignedInPerson }) {
  const me = useMe();
  const limits = useLimits();
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        Security and account
      </Title>
      {(me.isPending || limits.isPending) && <Waiting label="Loading your account" />}
      <ProblemNote error={me.error} onRetry={() => void me.refetch()} />
      <ProblemNote error={limits.error} onRetry={() => void limits.refetch()} />
      {me.data && <PinCard me={me.data} />}
      {limits.data && <LimitsCard key={JSON.stringify(limits.data)} person={person} limits={limits.data} />}
      {me.data && <PhoneCard me={me.data} />}
      <EraseCard person={person} />
    </Stack>
  );
}

function PinCard({ me }: { me: Person }) {
  const queries = useQueryClient();
  const [values, setValues] = useState({ pin: "", password: "" });
  const [wrong, setWrong] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: () => api.setPin(me.id, values.pin, values.password),
    onSuccess: async () => {
      setValues({ pin: "", password: "" });
      toast(me.has_pin ? "PIN changed" : "PIN set", "Tills and gates may ask for it from now on.");
      await queries.invalidateQueries({ queryKey: ["me"] });
    },
  });
  const fields = fieldErrors(save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const fault = pinFault(values.pin);
    setWrong(fault);
    if (!fault) save.mutate();
  };
  return (
    <Card data-testid="pin-card" data-set={me.has_pin ?? false}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <Title order={2} size="h4">
              {me.has_pin ? "Change your PIN" : "Choose a PIN"}
            </Title>
            <Text size="sm" c="dimmed">
              For larger amounts, and when a camera is not sure. A forgotten or locked PIN is replaced here.
            </Text>
          </div>
          <PasswordInput
            label="New PIN"
            description="4 to 8 digits. Not 1234, not four times the same."
            inputMode="numeric"
            autoComplete="off"
            maxLength={8}
            value={values.pin}
            error={wrong ?? fields.pin}
            onChange={(event) => setValues({ ...values, pin: event.currentTarget.value })}
            data-testid="pin"
          />
          <PasswordInput
            label="Your password"
            description="So that nobody who finds your phone can choose the PIN that pays."
            autoComplete="current-password"
            value={values.password}
            error={fields.password}
            onChange={(event) => setValues({ ...values, password: event.currentTarget.value })}
            data-testid="pin-password"
          />
          {Object.keys(fields).length === 0 && <ProblemNote error={save.error} />}
          <Group>
            <Button type="submit" loading={save.isPending} disabled={!values.password} data-testid="pin-save">
              {me.has_pin ? "Change PIN" : "Set PIN"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

const shown = (minor: number | null | undefined, currency: string) =>
  minor == null ? "" : (minor / 10 ** minorDigits(currency)).toString();

function LimitsCard({ person, limits }: { person: SignedInPerson; limits: SpendingLimits }) {
  const queries = useQueryClient();
  const { currency } = limits;
  const [values, setValues] = useState({
    payment: shown(limits.payment_minor, currency),
    day: shown(limits.day_minor, currency),
    password: "",
  });
  const amount = (text: string) => (text.trim() === "" ? null : (parseAmount(text, currency) ?? undefined));
  const [payment, day] = [amount(values.payment), amount(values.day)];
  const save = useMutation({
    mutationFn: () =>
      api.setLimits(person.id, {
        payment_minor: payment ?? null,
        day_minor: day ?? null,
        ...(values.password ? { password: values.password } : {}),
      }),
    onSuccess: async () => {
      toast("Limits saved", "They count from the next payment on.");
      await queries.invalidateQueries({ queryKey: ["limits"] });
    },
  });
  const field = (name: "payment" | "day", value: number | null | undefined) => ({
    inputMode: "decimal" as const,
    autoComplete: "off",
    placeholder: "No limit of your own",
    value: values[name],
    error: value === undefined ? "Enter an amount such as 100, or nothing." : undefined,
    onChange: (event: { currentTarget: { value: string } }) =>
      setValues({ ...values, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (payment !== undefined && day !== undefined) save.mutate();
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <Title order={2} size="h4">
              What your face may spend
            </Title>
            <Text size="sm" c="dimmed">
              Above this you are asked for your PIN or a yes in this app. At most{" "}
              {money(limits.payment_minor_max, currency)} a payment and {money(limits.day_minor_max, currency)} a day
              are paid with a look alone, whatever you enter.
            </Text>
          </div>
          <Group grow align="flex-start">
            <TextInput label={`One payment, ${currency}`} {...field("payment", payment)} data-testid="limit-payment" />
            <TextInput label={`A day, ${currency}`} {...field("day", day)} data-testid="limit-day" />
          </Group>
          <PasswordInput
            label="Your password"
            description="Needed only to raise a limit or to take it away."
            autoComplete="current-password"
            value={values.password}
            onChange={(event) => setValues({ ...values, password: event.currentTarget.value })}
            data-testid="limit-password"
          />
          <ProblemNote error={save.error} />
          <Group>
            <Button type="submit" loading={save.isPending} data-testid="limit-save">
              Save limits
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function PhoneCard({ me }: { me: Person }) {
  const queries = useQueryClient();
  const [phone, setPhone] = useState("");
  const save = useMutation({
    mutationFn: () => api.setPhone(me.id, phone.trim()),
    onSuccess: async () => {
      setPhone("");
      toast("Phone number saved", "Gates may ask for its last four digits.");
      await queries.invalidateQueries({ queryKey: ["me"] });
    },
  });
  const wrong = fieldErrors(save.error).phone;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <Stack>
          <div>
            <Title order={2} size="h4">
              Phone number
            </Title>
            <Text size="sm" c="dimmed">
              {me.has_phone
                ? "A number is stored, encrypted. Enter another one to replace it."
                : "A gate that is not sure who you are asks for its last four digits."}
            </Text>
          </div>
          <TextInput
            label="Number with its country"
            type="tel"
            autoComplete="tel"
            placeholder="+91 98300 12345"
            value={phone}
            error={wrong}
            onChange={(event) => setPhone(event.currentTarget.value)}
            data-testid="phone"
          />
          {!wrong && <ProblemNote error={save.error} />}
          <Group>
            <Button type="submit" loading={save.isPending} disabled={!phone.trim()} data-testid="phone-save">
              Save number
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function EraseCard({ person }: { person: SignedInPerson }) {
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const erase = useMutation({
    mutationFn: () => api.erasePerson(person.id),
    onSuccess: () => session.signOut(),
  });
  const close = () => {
    setAsking(false);
    setTyped("");
    erase.reset();
  };
  return (
    <Card>
      <Stack gap="sm">
        <Title order={2} size="h4">
          Erase this account
        </Title>
        <List size="sm" spacing={4}>
          <List.Item>
            The wallet has to be empty, with nothing set aside and nothing owed.{" "}
            <Link to="/wallet/top-ups">Send money back to your card</Link> first.
          </List.Item>
          <List.Item>No journey may be open and no objection undecided.</List.Item>
          <List.Item>
            Your name, address, face, PIN and phone number are erased for good. Amounts and times stay, without you.
          </List.Item>
          <List.Item>Receipts that you keep can still be checked.</List.Item>
        </List>
        <Group>
          <Button
            variant="default"
            size="sm"
            leftSection={<Icon name="trash" size={18} />}
            onClick={() => setAsking(true)}
            data-testid="erase-account"
          >
            Erase account
          </Button>
        </Group>
      </Stack>
      <Confirm
        opened={asking}
        title="Erase this account for good?"
        action="Erase"
        keep="Keep it"
        busy={erase.isPending}
        disabled={typed.trim().toLowerCase() !== person.email.toLowerCase()}
        error={erase.error}
        onConfirm={() => erase.mutate()}
        onClose={close}
      >
        <Text size="sm" mb="sm">
          This cannot be taken back, by us neither. Type {person.email} to go on.
        </Text>
        <TextInput
          label="Your e-mail address"
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-testid="erase-email"
        />
      </Confirm>
    </Card>
  );
}
