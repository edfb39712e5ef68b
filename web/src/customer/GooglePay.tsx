import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Money } from "../shared/api/types";
import { minorDigits } from "../shared/format";
import { ProblemNote } from "../shared/ui/notes";

interface GooglePayProps {
  /** The tokenisation parameters of the provider, as Google Pay expects them. */
  parameters: Record<string, string>;
  /** Null when what was typed is no amount. */
  amount: () => Money | null;
  busy: boolean;
  onToken: (amount: Money, token: string) => void;
}

/**
 * Google Pay by the browser's own payment sheet, so that no foreign script runs on this page. The token is encrypted
 * for the provider; neither this page nor the server can read a card out of it.
 */
export function GooglePay({ parameters, amount, busy, onToken }: GooglePayProps) {
  const available = useQuery({
    queryKey: ["google-pay"],
    queryFn: () => canPay(parameters),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const pay = useMutation({
    mutationFn: async () => {
      const sum = amount();
      const token = sum && (await askForToken(parameters, sum));
      if (sum && token) onToken(sum, token);
    },
  });
  if (!available.data) return null;
  return (
    <>
      <ProblemNote error={pay.error} />
      <Button
        color="dark.9"
        loading={busy || pay.isPending}
        onClick={() => pay.mutate()}
        data-testid="top-up-google-pay"
      >
        Pay with Google Pay
      </Button>
    </>
  );
}

const offered = (parameters: Record<string, string>) => ({
  supportedMethods: "https://google.com/pay",
  data: {
    apiVersion: 2,
    apiVersionMinor: 0,
    allowedPaymentMethods: [
      {
        type: "CARD",
        parameters: {
          allowedAuthMethods: ["PAN_ONLY", "CRYPTOGRAM_3DS"],
          allowedCardNetworks: ["AMEX", "MASTERCARD", "VISA"],
        },
        tokenizationSpecification: { type: "PAYMENT_GATEWAY", parameters },
      },
    ],
  },
});

function requestOf(parameters: Record<string, string>, { amount_minor, currency }: Money): PaymentRequest {
  const digits = minorDigits(currency);
  const value = (amount_minor / 10 ** digits).toFixed(digits);
  return new PaymentRequest([offered(parameters)], { total: { label: "SightPay", amount: { currency, value } } });
}

async function canPay(parameters: Record<string, string>): Promise<boolean> {
  if (typeof PaymentRequest === "undefined") return false;
  return await requestOf(parameters, { amount_minor: 100, currency: "INR" }).canMakePayment();
}

/** Null when the sheet was closed without paying. */
async function askForToken(parameters: Record<string, string>, amount: Money): Promise<string | null> {
  try {
    const response = await requestOf(parameters, amount).show();
    await response.complete("success");
    const details = response.details as { paymentMethodData?: { tokenizationData?: { token?: string } } };
    return details.paymentMethodData?.tokenizationData?.token ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}
