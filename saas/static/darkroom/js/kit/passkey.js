/* Say what went wrong between the browser and the key; allauth's scripts only tell the console. */
import { toast } from "./toasts.js";

const SENTENCES = {
  NotAllowedError: "No passkey was used: the request was cancelled or took too long. Try again.",
  InvalidStateError: "This device is already one of your keys.",
  SecurityError: "Passkeys need https and a host name. On your own machine, open Darkroom as localhost.",
};

let isListening = false;

export function attach(button) {
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    button.title = "This browser does not support passkeys, or the address is not secure.";
    return;
  }
  if (isListening) return;
  isListening = true;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    toast(SENTENCES[event.detail.exception?.name] ?? "That did not work. Try again, or use another way.", "error");
  });
}
