// Compiled before one file of WebRTC's audio processing that GCC does not understand: platform_thread_types.cc tells a
// debugger of old what a thread is called, by raising an exception which nobody but Microsoft's compiler can ignore. With
// GCC the thread is named the modern way only, by SetThreadDescription.
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <winsock2.h>
#include <windows.h>

#include <exception>
#include <string>

#define __except(filter) __catch(...)
#define RaiseException(code, flags, count, arguments) GetLastError()
