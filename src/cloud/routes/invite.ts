/** `GET /invite#TOKEN`: where the links of invitations lead. The token is behind the `#`, so that it stays in the browser until it is used. */
import type { RouteContext, Services } from '../context'
import { pageAnswer } from './_page'
import { isRegistrationClosed } from './_registration'

const SCRIPT = `
const server = location.origin + location.pathname.replace(/\\/invite\\/?$/, '')
const link = location.origin + location.pathname + location.hash
const put = (id, text) => {
  const place = document.getElementById(id)
  if (place !== null) place.textContent = text
}
put('server', server)
// Pasted into a terminal: nothing stands there that a shell could take for something else.
if (/^[\\w.:/[\\]-]+$/.test(server)) put('login', "warren cloud login '" + server + "'")
if (/^[\\w.:/[\\]-]+#[\\w-]+$/.test(link)) put('join', "warren cloud team join '" + link + "'")
const form = document.querySelector('form')
const said = document.querySelector('output')
form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const fields = Object.fromEntries(new FormData(form))
  const body = JSON.stringify({ ...fields, invitation: location.hash.slice(1) })
  try {
    const answer = await fetch('auth/register', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const { message } = await answer.json()
    said.textContent = answer.ok ? 'The account is made.' : [message].flat().join('. ')
    if (answer.ok) {
      for (const before of document.querySelectorAll('form, .before')) before.hidden = true
      document.getElementById('made').hidden = false
    }
  } catch {
    said.textContent = 'The server does not answer. Try again.'
  }
})`
const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 10vh auto; padding: 0 1rem; color-scheme: light dark }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
input { margin: 0 0 1rem; padding: .4rem }
button { padding: .5rem }
code { overflow-wrap: anywhere; user-select: all }`
const BODY = `<h1>Make an account</h1>
<form>
<label for="email">E-mail</label><input id="email" name="email" type="email" autocomplete="username" required>
<label for="username">Name</label><input id="username" name="username" minlength="3" autocomplete="name" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" minlength="6" autocomplete="new-password" required>
<button>Make an account</button>
</form>
<p><output role="status"></output></p>
<section id="made" hidden>
<h2>Sign in with it</h2>
<p>In Warren’s window under <em>Cloud</em>, <em>Sign in</em>: the address of the server is <code id="server"></code>. Or type in a
terminal:</p>
<p><code id="login">warren cloud login ADDRESS</code></p>
</section>`
/** In place of the form. */
const CLOSED = `<h1>Join a team</h1>
<p>This server makes no new accounts over the network: whoever runs it can make you one.</p>`
/** Nothing to join while nobody is there who could have made a team. */
const JOIN = `
<section class="before">
<h2>With an account already</h2>
<p>Join the team with it: copy the address of this page and paste it in Warren under <em>Cloud</em> (<em>I have an invitation</em>, or
<em>Join a team…</em> when you are signed in), or type in a terminal:</p>
<p><code id="join">warren cloud team join 'LINK'</code></p>
</section>`

export async function invitePage(services: Services, context: RouteContext): Promise<Response> {
  const page = { style: STYLE, script: SCRIPT }
  if (await isRegistrationClosed(services)) {
    return pageAnswer(context, { ...page, title: 'Join a team', body: CLOSED + JOIN })
  }
  const body = (await services.store.users.count()) === 0 ? BODY : BODY + JOIN
  return pageAnswer(context, { ...page, title: 'Make an account', body })
}
