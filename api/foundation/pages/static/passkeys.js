// Asks the browser to make or use a passkey, and sends its answer with the form around the button.

const from = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const to = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const described = (list) => (list || []).map((each) => ({ ...each, id: from(each.id) }));

async function made(asked) {
  const key = {
    ...asked,
    challenge: from(asked.challenge),
    user: { ...asked.user, id: from(asked.user.id) },
    excludeCredentials: described(asked.excludeCredentials),
  };
  const found = await navigator.credentials.create({ publicKey: key });
  const { attestationObject, clientDataJSON } = found.response;
  return { found, response: { attestationObject: to(attestationObject), clientDataJSON: to(clientDataJSON) } };
}

async function used(asked) {
  const key = { ...asked, challenge: from(asked.challenge), allowCredentials: described(asked.allowCredentials) };
  const found = await navigator.credentials.get({ publicKey: key });
  const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
  const response = {
    authenticatorData: to(authenticatorData),
    clientDataJSON: to(clientDataJSON),
    signature: to(signature),
    userHandle: userHandle ? to(userHandle) : null,
  };
  return { found, response };
}

for (const part of document.querySelectorAll("[data-passkey]")) {
  const said = part.querySelector("[data-passkey-said]");
  const adds = part.dataset.passkey === "create";
  part.hidden = !window.PublicKeyCredential;
  part.querySelector("[data-passkey-ask]").addEventListener("click", async () => {
    const form = part.closest("form");
    // Without a name the service refuses, and the device would keep a passkey that nobody knows.
    if (adds && !form.querySelector("[name=name]").value.trim()) return form.submit();
    const asked = JSON.parse(part.dataset.asked);
    said.textContent = "";
    try {
      const { found, response } = await (adds ? made(asked) : used(asked));
      part.querySelector("[name=credential]").value = JSON.stringify({
        id: found.id,
        rawId: to(found.rawId),
        type: found.type,
        response,
      });
      form.submit();
    } catch {
      said.textContent = adds ? "The passkey was not added. Try again." : "The passkey was not used. Try again, or use a code.";
    }
  });
}
