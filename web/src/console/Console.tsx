import { Anchor, Button, Card, Stack, Text, Title } from "@mantine/core";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { Mark } from "../shared/ui/Icon";
import { SignInForm } from "../shared/ui/SignInForm";
import { useSignedIn } from "../shared/ui/useSession";
import { AuditPage } from "./AuditPage";
import { ConnectionsPage } from "./ConnectionsPage";
import { ConsoleShell } from "./ConsoleShell";
import { DecisionsPage } from "./DecisionsPage";
import { LinePage } from "./LinePage";
import { MerchantsPage } from "./MerchantsPage";
import { rightsOf, session } from "./operator";
import { PaymentPage } from "./PaymentPage";
import { PaymentsPage } from "./PaymentsPage";
import { PeoplePage } from "./PeoplePage";
import { PersonPage } from "./PersonPage";
import { ReconciliationPage } from "./ReconciliationPage";
import { ReconciliationsPage } from "./ReconciliationsPage";
import { StationsPage } from "./StationsPage";
import { SitePage } from "./sites/SitePage";
import { SitesPage } from "./sites/SitesPage";
import { TopUpPage } from "./TopUpPage";

export function Console() {
  const person = useSignedIn(session);
  if (!person) return <OperatorSignIn />;
  const { reads, acts, sells, fuels } = rightsOf(person.roles);
  if (!reads && !sells && !fuels) return <NoOperator />;
  const first = reads ? "/" : sells ? "/payments" : "/sites";
  return (
    <BrowserRouter basename="/console">
      <Routes key={person.id}>
        <Route element={<ConsoleShell person={person} />}>
          {(reads || sells) && (
            <>
              <Route path="payments" element={<PaymentsPage />} />
              <Route path="payments/:id" element={<PaymentPage />} />
            </>
          )}
          {fuels && (
            <>
              <Route path="sites" element={<SitesPage />} />
              <Route path="sites/:id" element={<SitePage />} />
              <Route path="sites/:id/:section" element={<SitePage />} />
            </>
          )}
          {reads && (
            <>
              <Route index element={<LinePage />} />
              <Route path="decisions" element={<DecisionsPage />} />
              <Route path="top-ups/:id" element={<TopUpPage />} />
              <Route path="reconciliations" element={<ReconciliationsPage />} />
              <Route path="reconciliations/:id" element={<ReconciliationPage />} />
              <Route path="merchants" element={<MerchantsPage />} />
              <Route path="people" element={<PeoplePage />} />
              <Route path="people/:id" element={<PersonPage />} />
              <Route path="audit" element={<AuditPage />} />
            </>
          )}
          {acts && <Route path="stations" element={<StationsPage />} />}
          {acts && <Route path="connections" element={<ConnectionsPage />} />}
          <Route path="*" element={<Navigate to={first} replace />} />
        </Route>
      </Routes>
    </BrowserRouter>
  );
}

function OperatorSignIn() {
  return (
    <main className="gateway">
      <Stack gap="xl" w="100%" maw={400}>
        <Stack gap="sm" align="center">
          <Mark size={56} />
          <Title order={1} size="h2">
            Console
          </Title>
          <Text c="dimmed">For operators, auditors, cashiers and the forecourt.</Text>
        </Stack>
        <Card>
          <SignInForm session={session} />
        </Card>
        <Text ta="center" size="sm" c="dimmed">
          Looking for your wallet?{" "}
          <Anchor href="/app" fw={600}>
            Open the app
          </Anchor>
        </Text>
      </Stack>
    </main>
  );
}

function NoOperator() {
  return (
    <main className="gateway">
      <Stack gap="md" w="100%" maw={400} align="center">
        <Mark size={56} />
        <Title order={1} size="h3" ta="center">
          This account opens no console
        </Title>
        <Text c="dimmed" ta="center">
          Sign in as an operator, auditor, cashier or with a filling station, or go to your own wallet.
        </Text>
        <Button onClick={() => void session.signOut()}>Sign in with another account</Button>
        <Anchor href="/app">Open the wallet</Anchor>
      </Stack>
    </main>
  );
}
