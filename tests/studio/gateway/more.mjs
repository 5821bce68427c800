import { readFile } from "node:fs/promises";
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: "ADDRESS", apiKey: process.env.DARKROOM_API_KEY, maxRetries: 0 });
const photo = async () => toFile(await readFile("photo.png"), "photo.png", { type: "image/png" });

const edited = await client.images.edit({ model: "gpt-image-2", prompt: "by day", image: [await photo()], quality: "low" });
console.log(edited.size);
try {
  await client.images.generate({ prompt: "[sandbox fail=moderation_blocked] x" });
} catch (error) {
  console.log(error.status, error.code);
}
const stream = await client.images.edit({ model: "gpt-image-2", prompt: "by day", image: await photo(), stream: true });
for await (const event of stream) console.log(event.type);
