import {
  Alert,
  Button,
  Card,
  Group,
  NativeSelect,
  PasswordInput,
  Stack,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, fieldErrors } from "../shared/api/problem";
import type { VehicleFuel } from "../shared/api/types";
import { countriesByName, likelyCountry } from "../shared/countries";
import { parseAmount } from "../shared/format";
import { Icon } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { toast } from "../shared/ui/toasts";
import { useCurrency } from "../shared/ui/useCurrency";
import { api } from "./account";
import { usePlateRegions } from "./queries";
import { fuels } from "./vehicleWords";

interface Wish {
  plate: string;
  region: string;
  name: string;
  fuel: VehicleFuel;
  limit: string;
  password: string;
}

const nothing: Wish = { plate: "", region: "", name: "", fuel: "unknown", limit: "", password: "" };

/** @param last The country of a vehicle that is here already. */
export function AddVehicle({ first, last }: { first: boolean; last: string | null }) {
  const [open, setOpen] = useState(first);
  const [done, setDone] = useState(0);
  if (!open && !first)
    return (
      <Group>
        <Button
          variant="default"
          leftSection={<Icon name="plus" size={18} />}
          onClick={() => setOpen(true)}
          data-testid="vehicle-add-open"
        >
          Add a vehicle
        </Button>
      </Group>
    );
  const close = () => {
    setOpen(false);
    setDone(done + 1);
  };
  return <AddForm key={done} last={last} onDone={close} />;
}

function AddForm({ last, onDone }: { last: string | null; onDone: () => void }) {
  const queries = useQueryClient();
  const currency = useCurrency();
  const regions = usePlateRegions();
  const [wish, setWish] = useState(nothing);
  const codes = regions.data?.items ?? [];
  const region = wish.region || last || likelyCountry(codes, navigator.language);
  const limit = wish.limit.trim() === "" ? 0 : parseAmount(wish.limit, currency);
  const add = useMutation({
    mutationFn: () =>
      api.addVehicle({
        plate: wish.plate,
        region,
        name: wish.name,
        fuel: wish.fuel,
        auto_pay_max_minor: limit ?? 0,
        ...(wish.password ? { password: wish.password } : {}),
      }),
    onSuccess: async () => {
      toast("Vehicle added", "Pumps know it from now on.");
      await queries.invalidateQueries({ queryKey: ["vehicles"] });
      onDone();
    },
  });
  const errors = fieldErrors(add.error);
  const taken = add.error instanceof ApiProblem && add.error.code === "plate_taken";
  const set = (change: Partial<Wish>) => setWish({ ...wish, ...change });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (limit !== null) add.mutate();
  };
  return (
    <Card data-testid="vehicle-add">
      <Stack>
        <form onSubmit={submit} noValidate>
          <Stack>
            <Title order={2} size="h4">
              Add a vehicle
            </Title>
            <Group grow align="flex-start" className="wrap-narrow">
              <TextInput
                label="Plate"
                placeholder="As it stands on the car"
                autoComplete="off"
                autoCapitalize="characters"
                spellCheck={false}
                maxLength={24}
                value={wish.plate}
                error={errors.plate}
                onChange={(event) => set({ plate: event.currentTarget.value })}
                data-testid="plate-text"
              />
              <NativeSelect
                label="Country"
                data={countriesByName(codes)}
                value={region}
                error={errors.region}
                onChange={(event) => set({ region: event.currentTarget.value })}
                data-testid="plate-region"
              />
            </Group>
            <Group grow align="flex-start" className="wrap-narrow">
              <NativeSelect
                label="It takes"
                description="So that no pump gives it the wrong one."
                data={fuels}
                value={wish.fuel}
                onChange={(event) => set({ fuel: event.currentTarget.value as VehicleFuel })}
                data-testid="vehicle-fuel"
              />
              <TextInput
                label="Name"
                description="If you have several."
                autoComplete="off"
                maxLength={40}
                value={wish.name}
                error={errors.name}
                onChange={(event) => set({ name: event.currentTarget.value })}
                data-testid="vehicle-name"
              />
            </Group>
            <LimitFields
              currency={currency}
              limit={wish.limit}
              password={wish.password}
              error={limit === null ? "Enter an amount such as 2000, or nothing." : errors.auto_pay_max_minor}
              needsPassword={limit !== null && limit > 0}
              onChange={set}
            />
            {!taken && Object.keys(errors).length === 0 && <ProblemNote error={add.error} />}
            <Group>
              <Button type="submit" loading={add.isPending} disabled={!wish.plate.trim()} data-testid="vehicle-save">
                Add vehicle
              </Button>
            </Group>
          </Stack>
        </form>
        {taken && <Claim plate={wish.plate} region={region} onDone={onDone} />}
      </Stack>
    </Card>
  );
}

interface LimitProps {
  currency: string;
  limit: string;
  password: string;
  error: string | undefined;
  needsPassword: boolean;
  onChange: (change: { limit?: string; password?: string }) => void;
}

const limitAdvice =
  "Leave it empty to be asked every time. A camera cannot tell a plate from a copy of it: choose what you could bear " +
  "to lose.";

/** How much is paid without a tap; whoever raises it shows once more who they are. */
export function LimitFields({ currency, limit, password, error, needsPassword, onChange }: LimitProps) {
  return (
    <>
      <TextInput
        label={`Pay without a tap up to, ${currency}`}
        description={limitAdvice}
        inputMode="decimal"
        autoComplete="off"
        placeholder="Always ask me"
        value={limit}
        error={error}
        onChange={(event) => onChange({ limit: event.currentTarget.value })}
        data-testid="vehicle-limit"
      />
      {needsPassword && (
        <PasswordInput
          label="Your password"
          description="So that nobody who finds your phone can let a car pay."
          autoComplete="current-password"
          value={password}
          onChange={(event) => onChange({ password: event.currentTarget.value })}
          data-testid="vehicle-password"
        />
      )}
    </>
  );
}

/** The plate is somebody else's: here one says that it is one's own. */
function Claim({ plate, region, onDone }: { plate: string; region: string; onDone: () => void }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const claim = useMutation({
    mutationFn: () => api.claimPlate({ plate, region, reason }),
    onSuccess: async () => {
      toast("Claim sent", "Until it is decided, the plate pays for nobody by itself.", "plain");
      await queries.invalidateQueries({ queryKey: ["plate-claims"] });
      onDone();
    },
  });
  const errors = fieldErrors(claim.error);
  return (
    <Stack gap="sm" data-testid="plate-taken">
      <Alert color="yellow" variant="light" icon={<Icon name="warning" />} role="alert">
        Somebody has registered this plate already. Check that you wrote it right. If the car is yours, say so: an
        operator decides, and both of you hear of it.
      </Alert>
      <Textarea
        label="Why it is yours"
        description="For instance when and from whom you bought it, and which papers you have."
        autosize
        minRows={2}
        maxLength={1000}
        value={reason}
        error={errors.reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-testid="claim-reason"
      />
      {Object.keys(errors).length === 0 && <ProblemNote error={claim.error} />}
      <Group>
        <Button
          loading={claim.isPending}
          disabled={reason.trim().length < 10}
          onClick={() => claim.mutate()}
          data-testid="claim-send"
        >
          This is my car
        </Button>
      </Group>
    </Stack>
  );
}
