/* Copying and filling memory are instructions of WebAssembly (bulk memory). */
#ifndef WASM_STRING_H
#define WASM_STRING_H

#define memcpy __builtin_memcpy
#define memset __builtin_memset

#endif
