/**
 * Draws the PNG files from the SVG sources with Chromium, so that no further tool is needed:
 *   npx electron resources     (as root on Linux with --no-sandbox, without a display under xvfb-run)
 */
const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { app, BrowserWindow } = require('electron')

const iconSizes = [24, 32, 48, 64, 128, 256, 512]
const states = ['idle', 'running', 'attention']

/** Source, file, pixels. The smallest size has a source of its own, fitted to the pixel grid. */
const pictures = [
  ['icon/icon-small.svg', 'icon/icon-16.png', 16],
  ...iconSizes.map((size) => ['icon/icon.svg', `icon/icon-${size}.png`, size]),
  ...states.flatMap((state) => [
    [`tray/${state}-small.svg`, `tray/${state}-16.png`, 16],
    [`tray/${state}.svg`, `tray/${state}-16@2x.png`, 32],
    [`tray/${state}.svg`, `tray/${state}-32.png`, 32],
    [`tray/${state}.svg`, `tray/${state}-32@2x.png`, 64],
    [`tray/${state}Template-small.svg`, `tray/${state}Template.png`, 16],
    [`tray/${state}Template.svg`, `tray/${state}Template@2x.png`, 32],
  ]),
]

/* global Image, document -- runs in the page */
function draw(source, size) {
  return new Promise((resolve, reject) => {
    const image = new Image(size, size)
    image.onload = () => {
      const canvas = document.createElement('canvas')
      canvas.width = canvas.height = size
      canvas.getContext('2d').drawImage(image, 0, 0, size, size)
      resolve(canvas.toDataURL('image/png').split(',')[1])
    }
    image.onerror = () => reject(new Error('The picture cannot be drawn'))
    image.src = `data:image/svg+xml;base64,${source}`
  })
}

app.whenReady().then(async () => {
  const window = new BrowserWindow({ show: false, webPreferences: { sandbox: true } })
  await window.loadURL('about:blank')
  for (const [from, to, size] of pictures) {
    const source = readFileSync(join(__dirname, from)).toString('base64')
    const png = await window.webContents.executeJavaScript(`(${draw})(${JSON.stringify(source)}, ${size})`)
    writeFileSync(join(__dirname, to), Buffer.from(png, 'base64'))
  }
  app.quit()
})
