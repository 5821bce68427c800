/* The kiosk: from the attract screen to a code that a guest scans, and back, on one page. Everything that is known of a
   guest is in `guest` and in the finder, and is forgotten on the way back; only captures that could not be sent stay
   (waiting.js). */
import { brand } from "../brand.js";
import { finder } from "../finder.js";
import { attract } from "./attract.js";
import { idle } from "./idle.js";
import { keypad } from "./keypad.js";
import { Lock } from "./lock.js";
import { Refusal, Waiting } from "./waiting.js";

const IDLE_SECONDS = { attract: 0, closed: 0, consent: 60, people: 30, styles: 60, photo: 60, done: 60, sorry: 15, left: 0 };
const KEYPAD_SECONDS = 30;
const PATIENCE_MS = 4000; // for the QR code; then the guest gets a local code
const LOOK_MS = { attract: 5000, closed: 5000 }; // else:
const LOOK_ELSE_MS = 15_000;
const LINE_MS = 4000;
const MOST_STYLES = 4;
const COUNTDOWN = { 1: 3, 3: 5, 6: 10 }; // seconds by how many people have to find their place
const BEGINS = [" ", "Enter", "AudioVolumeUp", "AudioVolumeDown"];
const FEW = 50; // pictures: from here on guests read how many are left
const CAN_CLOSE = ["closed", "attract", "consent", "people", "styles"]; // what a guest loses nothing by
const WRONG_CODES = 5;
const WRONG_CODES_MS = 60_000;
const NO_LINK = "This link does not work, or no longer. Ask the staff.";
const NOT_READY = "This kiosk is not ready. Ask the staff.";
const NOT_KEPT = "The photo could not be sent, and this device has no room to keep it. Try again, or ask the staff.";
const REFRESH_MS = 60_000;
const [SAMPLE_MS, SAMPLE_TIMES] = [2000, 10]; // a style's sample may still be being painted
const ALL_MADE = "All pictures of this event have been made.";

export function attach(root) {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const sections = [...root.querySelectorAll("[data-kiosk-step]")];
  const { dataset } = root;
  let guest = null;
  let isOnline = true;
  let waits = 0;
  let lineTimer;
  let why = part("kiosk-why").textContent;
  let refreshedAt = performance.now();
  let wrong = { count: 0, until: 0 };

  const say = (words) => {
    part("kiosk-says").textContent = words;
  };
  const found = finder(part("finder"), { say, use: capture, next: () => null });
  const keys = keypad(part("keypad"));
  const lock = new Lock({ corner: part("kiosk-corner"), knock: askPin });
  const waiting = new Waiting({ door: dataset.kiosk, event: dataset.event, changed: tellWaiting });
  const expect = idle({ root, over, left: tellIdle });
  const lookAtWall = attract(part("attract-pictures"), { wall: dataset.wallDoor, isShown: () => dataset.step === "attract" });

  function step(name) {
    if (dataset.step === "photo" && name !== "photo") found.empty();
    clearTimeout(lineTimer);
    dataset.step = name;
    for (const section of sections) section.hidden = section.dataset.kioskStep !== name;
    const section = sections.find((each) => !each.hidden);
    section.scrollTop = 0;
    section.querySelector("h1")?.focus({ preventScroll: true });
    expect(IDLE_SECONDS[name]);
  }

  /* Forget the guest, and welcome the next one. */
  function home() {
    guest = null;
    for (const box of root.querySelectorAll("input")) box.checked = false;
    part("done-qr").removeAttribute("src");
    for (const name of ["done-code", "done-line", "done-lead", "done-title", "sorry"]) part(name).textContent = "";
    complain("");
    chosen();
    step("attract");
    lookAtWall();
    look();
  }

  function over() {
    keys.close();
    if (IDLE_SECONDS[dataset.step]) home();
  }

  function begin() {
    if (dataset.step !== "attract") return;
    guest = { id: newKey(), taken: 0 };
    step("consent");
  }

  function complain(sentence) {
    const fault = part("consent-fault");
    fault.hidden = !sentence;
    fault.textContent = sentence;
  }

  function agree() {
    const age = part("consent-age");
    if (age && !age.checked) return complain("Tick the box first: everybody in the picture must be old enough.");
    Object.assign(guest, { consent: part("consent").dataset.consent, consentedAt: new Date().toISOString(), isOfAge: Boolean(age) });
    step("people");
  }

  function count(people) {
    guest.people = Number(people);
    part("finder").dataset.seconds = COUNTDOWN[people];
    const boxes = styleBoxes();
    if (boxes.length > 1) return step("styles");
    boxes[0].checked = true;
    shoot();
  }

  const styleBoxes = () => [...root.querySelectorAll("[name='styles']")];

  /* Say how many styles are chosen, and let no fifth be. */
  function chosen() {
    const boxes = styleBoxes();
    const { length } = boxes.filter((box) => box.checked);
    for (const box of boxes) box.disabled = length >= MOST_STYLES && !box.checked;
    const button = part("styles-chosen");
    button.disabled = !length;
    button.textContent = ["Choose a style", "Make this picture"][length] ?? `Make ${length} pictures`;
  }

  function shoot() {
    step("photo");
    found.start();
  }

  /* Put the photo in the line, and show the code that opens its pictures: the server's, or if that is not to be had, a
     local one. */
  async function capture(photo) {
    const mine = guest;
    const { local, answer, stuck } = await waiting.add({
      photo,
      key: newKey(),
      guest: mine.id,
      people: mine.people,
      styles: styleBoxes().filter((box) => box.checked).map((box) => box.value),
      consent: mine.consent,
      consented_at: mine.consentedAt,
      of_age: mine.isOfAge,
    });
    mine.taken += 1;
    try {
      const told = await (local ? Promise.race([answer, stuck, pause(PATIENCE_MS)]) : answer);
      if (guest !== mine) return waiting.keep(local);
      if (told) return showCode(told);
      waiting.keep(local);
      showLocal(local);
      const late = await answer;
      if (guest === mine && dataset.step === "done") showCode(late);
    } catch (error) {
      if (!(error instanceof Refusal)) throw new Error(NOT_KEPT);
      if (guest === mine) sorry(error);
    }
  }

  function showCode({ link, code, qr }) {
    step("done");
    const image = part("done-qr");
    image.hidden = false;
    image.src = `data:image/svg+xml,${encodeURIComponent(qr)}`;
    tell("Scan me", "Your pictures develop on your phone. You need not wait here.", "Your code", code);
    say(`Scan the code with your phone. Your pictures develop there. Your code is ${[...code].join(" ")}.`);
    line(`${new URL(link).pathname}state`);
  }

  function showLocal(local) {
    step("done");
    part("done-qr").hidden = true;
    tell("Your photo is safe here", "There is no network right now. Remember this number, and come back here for your code to scan.", "Your number", local);
    say(`There is no network right now. Your number is ${[...local].join(" ")}. Come back with it later.`);
  }

  function tell(title, lead, label, code) {
    for (const [name, words] of Object.entries({ title, lead, label, code })) part(`done-${name}`).textContent = words;
    part("done-line").textContent = "";
    part("done-more").hidden = !guest?.people || guest.taken >= Number(dataset.capturesPerGuest);
  }

  /* Say how long the line is, as long as the guest stays. */
  async function line(address) {
    const answer = await fetch(address).catch(() => null);
    if (dataset.step !== "done") return;
    if (answer?.ok) part("done-line").textContent = lineWords(await answer.json());
    clearTimeout(lineTimer);
    lineTimer = setTimeout(() => line(address), LINE_MS);
  }

  function sorry({ message, code }) {
    part("sorry").textContent = message;
    step("sorry");
    say(message);
    if (code === "no_consent") refresh();
  }

  function tellIdle(seconds) {
    const bar = part("kiosk-idle");
    bar.hidden = !seconds;
    part("kiosk-idle-words").textContent = seconds ? `Starting over in ${seconds}` : "";
    if (seconds) bar.style.setProperty("--rest", seconds / 10);
    if (seconds === 10) say("Are you still there? Touch the screen to go on.");
  }

  function tellWaiting(number, hasAnswers) {
    waits = number;
    part("kiosk-code").hidden = !hasAnswers;
    note();
  }

  function note() {
    const box = part("kiosk-note");
    const photos = waits === 1 ? "1 photo waits" : `${waits} photos wait`;
    const words = isOnline ? (waits ? `${photos} to be sent` : "") : `No network${waits ? `: ${photos} here` : ""}`;
    box.hidden = !words;
    box.textContent = words;
  }

  /* Ask how the event stands. */
  async function look() {
    const answer = await fetch(`${dataset.stateDoor}?waiting=${waits}`, { cache: "no-store" }).catch(() => null);
    const wasOnline = isOnline;
    isOnline = Boolean(answer) && answer.status < 500;
    note();
    if (!isOnline) return;
    if (!wasOnline) waiting.hurry();
    if (answer.status === 404) return shut(NO_LINK);
    if (answer.ok) await judge(await answer.json());
  }

  async function judge(state) {
    const isOld = performance.now() - refreshedAt > REFRESH_MS || state.consent !== part("consent").dataset.consent;
    if (dataset.step === "closed" || !state.is_open || (dataset.step === "attract" && isOld)) await refresh();
    const left = part("kiosk-left");
    left.hidden = state.pictures_left === null || state.pictures_left > FEW;
    left.textContent = state.pictures_left === 1 ? "1 picture left" : `About ${state.pictures_left} pictures left`;
    if (!state.is_open || !styleBoxes().length) shut(why || NOT_READY);
    else if (state.pictures_left === 0) shut(ALL_MADE);
    else if (dataset.step === "closed") home();
  }

  function shut(sentence) {
    if (!CAN_CLOSE.includes(dataset.step) || (dataset.step === "closed" && part("kiosk-why").textContent === sentence)) return;
    part("kiosk-why").textContent = sentence;
    guest = null;
    step("closed");
    say(sentence);
  }

  /* Take over what staff have changed since this page was opened. A reload would leave the full screen. */
  async function refresh() {
    const answer = await fetch(location.pathname).catch(() => null);
    if (!answer?.ok) return;
    refreshedAt = performance.now();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    why = page.querySelector("[data-kiosk-why]").textContent;
    for (const fresh of page.querySelectorAll("[data-fresh]")) {
      const old = root.querySelector(`[data-fresh="${fresh.dataset.fresh}"]`);
      if (old.innerHTML === fresh.innerHTML && old.dataset.consent === fresh.dataset.consent) continue;
      old.replaceWith(document.adoptNode(fresh));
    }
    chosen();
  }

  function askPin() {
    expect(KEYPAD_SECONDS);
    keys.ask({ title: "PIN", isSecret: true, check: leave });
  }

  async function leave(pin) {
    const answer = await fetch(dataset.leaveDoor, { method: "POST", body: new URLSearchParams({ pin }) }).catch(() => null);
    if (answer?.status !== 204) return (await answer?.json().catch(() => null))?.error.message ?? "There is no network. Try again.";
    home();
    lock.open();
    step("left");
    return "";
  }

  function askCode() {
    expect(KEYPAD_SECONDS);
    keys.ask({ title: "Your number", check: open });
  }

  async function open(code) {
    if (performance.now() < wrong.until) return "Too many wrong numbers. Wait a minute.";
    const answer = await waiting.answerTo(code);
    if (!answer) {
      wrong.count += 1;
      if (wrong.count >= WRONG_CODES) wrong = { count: 0, until: performance.now() + WRONG_CODES_MS };
      return "There is no photo with this number.";
    }
    if (answer.waits) return "Your photo still waits for the network. Come back later.";
    if (answer.sentence) return answer.sentence;
    showCode(answer);
    return "";
  }

  const presses = {
    "kiosk-begin": begin,
    "kiosk-stop": home,
    "kiosk-code": askCode,
    "kiosk-lock": () => {
      lock.close();
      home();
    },
    "consent-agree": agree,
    "styles-chosen": shoot,
    "done-more": () => (styleBoxes().length > 1 ? step("styles") : shoot()),
  };
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.people) return count(button.dataset.people);
    const name = button && Object.keys(presses).find((each) => button.matches(`[data-${each}]`));
    if (name) presses[name]();
    else if (!button && target.closest("[data-kiosk-step='attract']")) begin();
  });
  root.addEventListener("change", ({ target }) => {
    if (target.name === "styles") chosen();
    if (target.matches("[data-consent-age]")) complain("");
  });
  document.addEventListener("keydown", (event) => {
    if (dataset.step !== "attract" || !BEGINS.includes(event.key) || event.repeat || event.target.closest("button, dialog")) return;
    event.preventDefault();
    begin();
  });
  root.addEventListener("error", ({ target }) => paintAgain(target), true);
  for (const type of ["online", "offline"]) addEventListener(type, look);

  brand(root);
  part("finder").dataset.shape = shapeOf(dataset.size);
  waiting.hurry();
  if (why) shut(why);
  chosen();
  const again = async () => {
    await look();
    setTimeout(again, LOOK_MS[dataset.step] ?? LOOK_ELSE_MS);
  };
  again();
}

function paintAgain(image) {
  const times = Number(image.dataset.times ?? 0) + 1;
  if (image.localName !== "img" || !image.src.includes("/styles/") || times > SAMPLE_TIMES) return;
  image.dataset.times = times;
  setTimeout(() => {
    image.src = image.getAttribute("src");
  }, SAMPLE_MS);
}

function lineWords({ state, number, minutes }) {
  if (state === "finished") return "Your pictures are ready.";
  if (state === "held") return "The staff look at your pictures first.";
  const soon = minutes ? `about ${minutes} ${minutes === 1 ? "minute" : "minutes"}` : "";
  if (state === "developing") return ["It is developing", soon].filter(Boolean).join(": ");
  return state === "waiting" ? [`You are number ${number}`, soon].filter(Boolean).join(": ") : "";
}

function shapeOf(size) {
  const [width, height] = size.split("x").map(Number);
  if (!width || width < height) return "portrait";
  return width === height ? "square" : "landscape";
}

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
