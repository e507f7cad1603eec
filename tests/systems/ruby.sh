# Ruby extensions: require opens socket.so with RTLD_LAZY and RTLD_GLOBAL, looks Init_socket up and calls it.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need ruby
explained ruby -e 'require "socket"; require "json"; puts JSON.generate([Socket::AF_UNIX])'
answer=$(plugreport why-loaded socket.so)
expect_match "who opened it" "$answer" 'was loaded because dln_load\(\).* in libruby'
expect_match "the entry" "$(plugreport calls)" 'dlsym\(socket\.so, "Init_socket"\) +from socket\.so'
rm -f plugaudit.db*
recipe ruby
