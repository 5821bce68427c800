// Does with one version of the SDK what its users do with files, and prints one line of JSON.
import { createReadStream } from "node:fs";

const [address, name] = process.argv.slice(2);
const { default: OpenAI } = await import(name);
const client = new OpenAI({ baseURL: address, apiKey: process.env.DARKROOM_API_KEY, maxRetries: 0 });
const open = (file) => createReadStream(file);
const wanted = { model: "gpt-image-2", prompt: "at night [sandbox delay=0]", size: "1024x640", quality: "low" };

async function kinds(stream) {
  // The oldest versions know no stream of an edit and give its text.
  if (typeof stream === "string") return [...stream.matchAll(/^event: (.+)$/gm)].map((found) => found[1]);
  const found = [];
  for await (const event of stream) found.push(event.type);
  return found;
}

const sizeOf = async (answer) => (await answer).size;
const [made, one, two, masked, streamed, file] = await Promise.all([
  sizeOf(client.images.generate(wanted)),
  sizeOf(client.images.edit({ ...wanted, image: open("photo.png") })),
  sizeOf(client.images.edit({ ...wanted, image: [open("photo.jpg"), open("photo.webp")] })),
  sizeOf(client.images.edit({ ...wanted, image: open("photo.png"), mask: open("mask.png") })),
  client.images.edit({ ...wanted, image: open("photo.png"), stream: true, partial_images: 2 }).then(kinds),
  client.files.create({ file: open("photo.webp"), purpose: "vision" }),
]);
const results = { made, one, two, masked, streamed, file: file.filename };
try {
  await client.images.edit({ ...wanted, image: open("notes.txt") });
} catch (error) {
  results.refused = [error.status, error.code, error.param];
}
console.log(JSON.stringify(results));
