const nameOf = (person: string) => `sightpay.open-top-up.${person}`;

/** The top-up whose end was not seen yet; it outlives the page, since a bank may send the customer away and back. */
export const openTopUp = {
  of: (person: string): string | null => localStorage.getItem(nameOf(person)),
  put(person: string, id: string | null): void {
    if (id) localStorage.setItem(nameOf(person), id);
    else localStorage.removeItem(nameOf(person));
  },
};
