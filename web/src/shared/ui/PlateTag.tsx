/** A plate as it hangs on the car: the country's code beside the text, which is read out letter by letter. */
export function PlateTag({ plate, region, large = false }: { plate: string; region: string; large?: boolean }) {
  return (
    <span className="plate" data-large={large} data-testid="plate">
      <span className="plate-region" aria-hidden>
        {region.toUpperCase()}
      </span>
      <span className="plate-text">
        <span className="spoken">{[...plate].join(" ")}</span>
        <span aria-hidden>{plate}</span>
      </span>
    </span>
  );
}
