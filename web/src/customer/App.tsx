import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { useSignedIn } from "../shared/ui/useSession";
import { session } from "./account";
import { BillPage } from "./BillPage";
import { CodePage } from "./CodePage";
import { FacePage } from "./FacePage";
import { FuelPage } from "./FuelPage";
import { HomePage } from "./HomePage";
import { JourneysPage } from "./JourneysPage";
import { PaymentPage } from "./PaymentPage";
import { PaymentsPage } from "./PaymentsPage";
import { SecurityPage } from "./SecurityPage";
import { Shell } from "./Shell";
import { StatementPage } from "./StatementPage";
import { TopUpPage } from "./TopUpPage";
import { TopUpsPage } from "./TopUpsPage";
import { VehiclePage } from "./VehiclePage";
import { VehiclesPage } from "./VehiclesPage";
import { WalletPage } from "./WalletPage";
import { SignInPage, SignUpPage } from "./Welcome";

export function App() {
  const person = useSignedIn(session);
  return (
    <BrowserRouter basename="/app">
      {person ? (
        <Routes key={person.id}>
          <Route element={<Shell person={person} />}>
            <Route index element={<HomePage person={person} />} />
            <Route path="wallet" element={<WalletPage />} />
            <Route path="wallet/statement" element={<StatementPage />} />
            <Route path="wallet/top-ups" element={<TopUpsPage />} />
            <Route path="wallet/top-ups/:id" element={<TopUpPage />} />
            <Route path="code" element={<CodePage person={person} />} />
            <Route path="payments" element={<PaymentsPage />} />
            <Route path="payments/:id" element={<PaymentPage />} />
            <Route path="fuel" element={<FuelPage />} />
            <Route path="fuel/:id" element={<BillPage />} />
            <Route path="security" element={<SecurityPage person={person} />} />
            <Route path="journeys" element={<JourneysPage />} />
            <Route path="vehicles" element={<VehiclesPage person={person} />} />
            <Route path="vehicles/:id" element={<VehiclePage person={person} />} />
            <Route path="face" element={<FacePage person={person} />} />
            <Route path="*" element={<Navigate to="/" replace />} />
          </Route>
        </Routes>
      ) : (
        <Routes>
          <Route path="sign-up" element={<SignUpPage />} />
          <Route path="*" element={<SignInPage />} />
        </Routes>
      )}
    </BrowserRouter>
  );
}
