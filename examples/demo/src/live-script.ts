/** Close code of a socket whose session has ended. Codes from 4000 to 4999 are for applications. */
export const sessionEndedCode = 4401

/** The only script of the pages. It opens the socket, and shows its state. */
export const script = `
const shown = document.getElementById('live')
function show(state, text) {
  shown.dataset.state = state
  shown.textContent = text
}
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/live')
socket.onmessage = () => show('connected', 'connected')
socket.onclose = ({ code }) =>
  code === ${sessionEndedCode} ? show('ended', 'closed: the session has ended') : show('lost', 'connection lost')
`
