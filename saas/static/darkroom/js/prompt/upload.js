/* Send one file to the server and report its progress in percent, which fetch cannot do. Return what fetch returns. */
import { SignedOut } from "../kit/http.js";

const TRIES = 4;
const FULL = 503;

export async function upload(url, form, body, progress, wanted = "text/html") {
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (let tries = 1; ; tries++) {
    const answer = await once(url, body, progress, wanted);
    if (answer.status !== FULL || tries === TRIES) return answer;
    await new Promise((done) => setTimeout(done, 1000 * tries));
  }
}

function once(url, body, progress, wanted) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("Accept", wanted);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress((100 * loaded) / total));
    request.addEventListener("load", () => {
      // A session that has ended leads to the sign-in page.
      if (request.responseURL && !request.responseURL.endsWith(url)) return failed(new SignedOut());
      done(new Response(request.response, { status: request.status }));
    });
    request.addEventListener("error", () => failed(new Error("network")));
    request.send(body);
  });
}
