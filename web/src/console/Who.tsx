import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { ApiProblem } from "../shared/api/problem";
import { api, rights, session } from "./operator";

/** "person:…" and "station:…" as people say them, with a way to them unless `plain` words are wanted. */
export function Who({ name, plain = false }: { name: string; plain?: boolean }) {
  const [kind = "", id = ""] = name.split(/:(.*)/);
  if (kind === "person") return <PersonName id={id} plain={plain} />;
  if (kind === "station") return <>{id}</>;
  if (kind === "system") return <>The server itself</>;
  return <>{name === "anonymous" ? "Nobody signed in" : name}</>;
}

function PersonName({ id, plain }: { id: string; plain: boolean }) {
  const person = useQuery({
    queryKey: ["person", id],
    queryFn: () => api.person(id),
    staleTime: 5 * 60_000,
    retry: false,
    enabled: rights().reads,
  });
  if (id === session.person?.id) return <>You</>;
  const erased = person.error instanceof ApiProblem && person.error.status === 404;
  if (erased) return <>Somebody erased</>;
  const known = person.data?.name ?? `Person ${id.slice(-6)}`;
  // A cashier learns no names: whom it concerns stands before them.
  if (plain || !rights().reads) return <>{known}</>;
  return (
    <Anchor component={Link} to={`/people/${id}`} onClick={(event) => event.stopPropagation()} inherit>
      {known}
    </Anchor>
  );
}
