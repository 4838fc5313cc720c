// The least an Electron app can be: one sandboxed window with one line in it.
const { app, BrowserWindow } = require('electron')
const { join } = require('node:path')

app.whenReady().then(() => {
  const window = new BrowserWindow({
    width: 1100,
    height: 720,
    webPreferences: { sandbox: true, contextIsolation: true },
  })
  void window.loadFile(join(__dirname, 'index.html'))
})
app.on('window-all-closed', () => app.quit())
