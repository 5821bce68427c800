import { ask, piece } from "./http.js";

/* Fetch a piece of a page by the address of the whole. */
export async function piecesOf(address) {
  const answer = await ask(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return piece(await answer.text());
}
