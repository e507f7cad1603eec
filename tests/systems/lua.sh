# Lua C modules: require("socket.core") tries the patterns of package.cpath itself, opens the file that
# exists with RTLD_NOW, and looks luaopen_socket_core up.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need lua5.4
explained lua5.4 -e 'print(require("socket.core")._VERSION)'
rm -f plugaudit.db*
recipe lua
expect_match "the entry" "$(plugreport calls)" 'dlsym\(core\.so, "luaopen_socket_core"\) +from core\.so'
