import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { precompress } from './build/precompress.ts'
import { socketIoClient } from './build/socketio.ts'

// The gallery (every view in every state, for screenshots and review) is a build of its own, so that nothing of it
// can reach the page people load.
export default defineConfig(({ mode }) => {
  const gallery = mode === 'gallery'
  return {
    plugins: [react(), ...(gallery ? [] : [socketIoClient(), precompress()])],
    resolve: { alias: { 'react-remove-scroll': new URL('src/ui/scrollLock.tsx', import.meta.url).pathname } },
    server: {
      port: 5173,
      // the page links to the documents at the root of the source
      fs: { allow: ['../..'] },
      proxy: {
        '/ws': { target: 'https://localhost:8443', ws: true, secure: false },
        '/sse': { target: 'https://localhost:8443', secure: false },
        '/signal': { target: 'https://localhost:8443', secure: false },
        '/api': { target: 'https://localhost:8443', secure: false },
        '/peerjs': { target: 'https://localhost:8443', ws: true, secure: false },
        '/socket.io': { target: 'https://localhost:8443', ws: true, secure: false },
        '/mdn': { target: 'https://localhost:8443', ws: true, secure: false },
        '/meeting': { target: 'https://localhost:8443', ws: true, secure: false },
      },
    },
    build: {
      outDir: gallery ? 'dist-gallery' : 'dist',
      emptyOutDir: true,
      target: 'es2022',
      // data: URLs and inline scripts are both refused by the page's content security policy
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: gallery ? 'gallery.html' : 'index.html' },
      manifest: gallery ? false : 'manifest.json',
      reportCompressedSize: false,
    },
  }
})
