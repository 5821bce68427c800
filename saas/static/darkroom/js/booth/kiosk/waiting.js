/* Keep captures until they have arrived. Each waits in IndexedDB with its own key, so that it survives a reload and is
   taken only once however often it is sent; they go out in order, one at a time, with longer and longer pauses while the
   network is away. One that came too late for its guest leaves its answer behind, to be found by its local code. */
const [FIRST_MS, MOST_MS] = [1000, 60_000]; // between two tries
const SEND_MS = 45_000;
const ANSWERS_KEPT_MS = 12 * 3600_000;
const DIGITS = 4;

/* What the server said to a capture for good: a code and a sentence. */
export class Refusal extends Error {
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

export class Waiting {
  #door;
  #event;
  #changed;
  #open;
  #asked = new Map(); // by local code: who waits on this page for the answer
  #isRunning = false;
  #pause = FIRST_MS;
  #timer;

  /* `changed` is called with how many captures wait, and whether answers lie here for guests. */
  constructor({ door, event, changed }) {
    this.#door = door;
    this.#event = event;
    this.#changed = changed;
    this.#open = opened();
    addEventListener("online", () => this.hurry());
  }

  /* Put a capture in the line. Return its local code, a promise of the server's answer, and one that comes true when
     the capture has to wait. On a device without room it has no local code: it is sent once, and cannot wait. */
  async add(capture) {
    const all = await this.#all();
    const local = freeCode(new Set(all.map((one) => one.local)));
    const guest = { isKept: false };
    const answer = new Promise((resolve, reject) => Object.assign(guest, { resolve, reject }));
    const stuck = new Promise((resolve) => Object.assign(guest, { wait: resolve }));
    answer.catch(() => {}); // a guest may have gone
    try {
      await this.#do("readwrite", (store) => store.add({ ...capture, local, event: this.#event, at: Date.now() }));
    } catch {
      return { local: "", answer: send(this.#door, capture), stuck };
    }
    this.#asked.set(local, guest);
    await this.tell();
    this.hurry();
    return { local, answer, stuck };
  }

  /* The guest of this capture may go with the local code: keep its answer for later. */
  keep(local) {
    const guest = this.#asked.get(local);
    if (guest) guest.isKept = true;
  }

  /* Return what came of the capture with this local code: { link, code, qr }, { sentence } or { waits: true }. */
  async answerTo(local) {
    const found = (await this.#all()).find((one) => one.local === local);
    if (!found) return null;
    return found.photo ? { waits: true } : found.answer;
  }

  /* Try at once, and not after the pause. */
  hurry() {
    this.#pause = FIRST_MS;
    this.#run();
  }

  async tell() {
    const all = await this.#all();
    this.#changed(all.filter((one) => one.photo).length, all.some((one) => !one.photo));
  }

  async #run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    clearTimeout(this.#timer);
    try {
      await this.#forgetOld();
      const first = async () => (await this.#all()).find((one) => one.photo);
      for (let next = await first(); next; next = await first()) {
        const answer = await send(this.#door, next).catch((error) => error);
        if (answer instanceof Refusal || !(answer instanceof Error)) await this.#settle(next, answer);
        else {
          for (const guest of this.#asked.values()) guest.wait();
          this.#timer = setTimeout(() => this.#run(), this.#pause);
          this.#pause = Math.min(MOST_MS, 2 * this.#pause);
          return;
        }
        this.#pause = FIRST_MS;
      }
    } finally {
      this.#isRunning = false;
      await this.tell();
    }
  }

  /* Forget the photo, and hand the answer over. It is kept unless its guest is here to read it. */
  async #settle(capture, answer) {
    const guest = this.#asked.get(capture.local);
    const kept = answer instanceof Refusal ? { sentence: answer.message } : answer;
    await this.#do("readwrite", (store) =>
      guest && !guest.isKept ? store.delete(capture.id) : store.put({ id: capture.id, local: capture.local, event: capture.event, at: Date.now(), answer: kept }),
    );
    this.#asked.delete(capture.local);
    if (answer instanceof Refusal) guest?.reject(answer);
    else guest?.resolve(answer);
  }

  async #forgetOld() {
    for (const one of await this.#all())
      if (!one.photo && Date.now() - one.at > ANSWERS_KEPT_MS) await this.#do("readwrite", (store) => store.delete(one.id));
  }

  async #all() {
    const found = await this.#do("readonly", (store) => store.getAll()).catch(() => []); // a browser may keep nothing
    return found.filter((one) => one.event === this.#event);
  }

  async #do(mode, act) {
    const database = await this.#open;
    return settled(act(database.transaction("captures", mode).objectStore("captures")));
  }
}

function opened() {
  const request = indexedDB.open("darkroom-kiosk", 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore("captures", { keyPath: "id", autoIncrement: true }));
  return settled(request);
}

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

/* Return the server's answer. Throw a Refusal if it will never take this capture, else any error. */
async function send(door, capture) {
  const body = new FormData();
  for (const name of ["key", "guest", "people", "consent", "consented_at"]) body.set(name, capture[name]);
  if (capture.of_age) body.set("of_age", "1");
  for (const style of capture.styles) body.append("styles", style);
  body.set("photo", capture.photo, "photo.jpg");
  const answer = await fetch(door, { method: "POST", body, signal: AbortSignal.timeout(SEND_MS) });
  if (answer.ok) return answer.json();
  const { error } = await answer.json().catch(() => ({}));
  const isForGood = error && ![404, 429].includes(answer.status) && answer.status < 500;
  throw isForGood ? new Refusal(error.code, error.message) : new Error(answer.statusText);
}

function freeCode(taken) {
  for (;;) {
    const [random] = crypto.getRandomValues(new Uint16Array(1));
    const code = String(random % 10 ** DIGITS).padStart(DIGITS, "0");
    if (!taken.has(code)) return code;
  }
}
