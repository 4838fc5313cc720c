import './_no-eval'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/tokens.css'
import './styles/base.css'
import { App } from './app'
import { connectStores } from './stores/connect'

const root = document.getElementById('root')
if (root !== null) {
  connectStores()
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
