import { Anchor, Button, Card, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Link } from "react-router";
import { newId } from "../shared/api/ids";
import { fieldErrors } from "../shared/api/problem";
import { signUp } from "../shared/api/server";
import { Mark } from "../shared/ui/Icon";
import { ProblemNote } from "../shared/ui/notes";
import { SignInForm } from "../shared/ui/SignInForm";
import { session } from "./account";

function Welcome({ title, children, foot }: { title: string; children: ReactNode; foot: ReactNode }) {
  return (
    <main className="welcome">
      <Stack gap="xl" w="100%" maw={400}>
        <Stack gap="sm" align="center">
          <Mark size={56} />
          <Title order={1} size="h2">
            {title}
          </Title>
          <Text c="dimmed" ta="center">
            Your face opens the gate. Your wallet pays the fare.
          </Text>
        </Stack>
        <Card>{children}</Card>
        <Text ta="center" size="sm" c="dimmed">
          {foot}
        </Text>
      </Stack>
    </main>
  );
}

export function SignInPage() {
  const foot = (
    <>
      New here?{" "}
      <Anchor component={Link} to="/sign-up" fw={600} data-testid="to-sign-up">
        Create an account
      </Anchor>
    </>
  );
  return (
    <Welcome title="Sign in" foot={foot}>
      <SignInForm session={session} />
    </Welcome>
  );
}

const empty = { name: "", email: "", password: "" };

export function SignUpPage() {
  const [values, setValues] = useState(empty);
  // One key for one set of values: a lost answer is asked for again instead of answering that the address is taken.
  const attempt = useRef({ key: newId(), values: "" });
  const create = useMutation({
    mutationFn: async () => {
      const person = { name: values.name.trim(), email: values.email.trim(), password: values.password };
      const said = JSON.stringify(person);
      if (attempt.current.values !== said) attempt.current = { key: newId(), values: said };
      await signUp(attempt.current.key, person);
      await session.signIn(person.email, person.password);
    },
  });
  const wrong = fieldErrors(create.error);
  const anyField = Object.keys(wrong).some((field) => field in empty);
  const field = (name: keyof typeof empty) => ({
    name,
    required: true,
    value: values[name],
    error: wrong[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setValues((before) => ({ ...before, [name]: value }));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const foot = (
    <>
      Already have an account?{" "}
      <Anchor component={Link} to="/" fw={600}>
        Sign in
      </Anchor>
    </>
  );
  return (
    <Welcome title="Create an account" foot={foot}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput label="Name" autoComplete="name" maxLength={100} {...field("name")} data-testid="name" />
          <TextInput
            label="E-mail address"
            type="email"
            autoComplete="username"
            {...field("email")}
            data-testid="email"
          />
          <PasswordInput
            label="Password"
            description="At least 8 characters. A few words are easier to remember than signs."
            autoComplete="new-password"
            minLength={8}
            maxLength={128}
            {...field("password")}
            data-testid="password"
          />
          {!anyField && <ProblemNote error={create.error} />}
          <Group grow>
            <Button type="submit" loading={create.isPending} data-testid="sign-up">
              Create account
            </Button>
          </Group>
        </Stack>
      </form>
    </Welcome>
  );
}
