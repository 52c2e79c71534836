#!/usr/bin/env bash
# Fails when a program for Windows needs a library that Windows does not bring.
set -euo pipefail

system='advapi32|api-ms-win-[a-z0-9-]+|avrt|bcrypt|bcryptprimitives|cfgmgr32|comctl32|comdlg32|crypt32|dbghelp|dwmapi|gdi32|imm32|iphlpapi'
system+='|kernel32|msvcrt|ntdll|ole32|oleaut32|opengl32|powrprof|psapi|rpcrt4|secur32|setupapi|shell32|shlwapi|ucrtbase|user32'
system+='|userenv|uxtheme|version|winmm|ws2_32|wtsapi32'

needs=$(x86_64-w64-mingw32-objdump -p "$1" | sed -nE 's/^\s*DLL Name: (.*)\.dll$/\1/Ip' | tr '[:upper:]' '[:lower:]' | sort -u)
[ -n "$needs" ] || { echo "windows: $1 names no libraries at all" >&2; exit 1; }
foreign=$(grep -vxE "$system" <<<"$needs" || true)
if [ -n "$foreign" ]; then
  echo "windows: $1 needs what Windows does not bring:" $foreign >&2
  exit 1
fi
