# shellcheck shell=bash
# Programs of the distribution at work: editors, interpreters, compilers, servers, and what has windows.
# Their packages are in scripts/install-deps --same; what is not installed is skipped.
. "$TOP/tests/same/lib.sh"

PATH=$PATH:/usr/sbin:/usr/games
chmod a+rx . "$(dirname "$PWD")"

# do_ NAME [option...] PROGRAM... -- COMMAND: a command for bash, when the programs are there.
do_() {
	local name=$1 options=() program
	shift
	while [ "${1#--}" != "$1" ] && [ "$1" != -- ]; do
		options+=("$1")
		case $1 in
		--quiet | --unrecorded) ;;
		*)
			options+=("$2")
			shift
			;;
		esac
		shift
	done
	while [ "$1" != -- ]; do
		program=$1
		if ! command -v "$program" >/dev/null; then
			skip_one "$name" "$program is not installed"
			return
		fi
		shift
	done
	same "$name" "${options[@]}" bash -c "$2"
}

# --- what is everywhere

do_ coreutils --setup 'seq 2000 >numbers' sort -- 'sort -R --random-source=numbers numbers | sort -n | uniq | tail -n 2; md5sum numbers; ls -l --time-style=+ numbers; cp -a numbers copy; tac copy | head -n 1; stat -c %s copy; factor 1234567890; numfmt --to=iec 123456789; split -n 3 numbers; wc -l x*'
do_ findutils --setup 'mkdir -p a/b/c; touch a/1 a/b/2 a/b/c/3' find -- 'find . -type f -printf "%p %m\n" | sort; find a -name "?" -print0 | xargs -0 -n 1 -P 2 echo | sort'
do_ grep --setup 'seq 5000 >n' grep -- 'grep -c 7 n; grep -P "^(?=.*1)(?=.*2)\d{4}$" n | tail -n 1; grep -q none n'
do_ sed --setup 'seq 50 >n' sed -- 'sed -i -e "s/1/one/g;/2/d" n; sed -n "\$p" n; cat n | cksum'
do_ tar --setup 'mkdir d; seq 3000 >d/f' tar gzip xz -- 'tar --sort=name --mtime=@0 -cJf t.tar.xz d && tar tvf t.tar.xz | wc -l; tar -czf - d | gzip -dc | tar tf -; tar --sort=name --mtime=@0 -cf - d | sha256sum'
do_ compressors --setup 'seq 20000 >n' gzip bzip2 xz -- 'for c in "gzip -n" bzip2 "xz -T2"; do $c -k -c n | cksum; done; xz -k n; xz -dc n.xz | cmp - n'
do_ diffutils --setup 'seq 100 >a; seq 2 101 >b' diff -- 'diff -u a b | tail -n +3; cmp a b'
do_ procps ps -- 'ps -o pid,ppid,comm --no-headers; pgrep -c bash; free | wc -l; kill -0 $$'
do_ getent getent -- 'getent passwd root nobody; getent hosts localhost; getent services ssh; id -Gn'
do_ iconv iconv -- 'printf "\344\366\374" | iconv -f latin1 -t utf8; locale -a | wc -l; printf abc | iconv -t utf16le | od -c'
do_ login-tools --quiet su -- 'su nobody -s /bin/sh -c "id; echo in"; echo $?; nice -n 5 nice; setsid echo session; timeout 1 sleep 5; echo $?; chroot / /bin/echo rooted; flock lock echo locked'
do_ perl perl -- 'perl -MPOSIX -MSocket -MData::Dumper -e "\$SIG{ALRM}=sub{print qq(alarm\n)}; alarm 1; sleep 3; print Dumper([map {\$_**2} 1..5]); if (my \$p=fork) {waitpid \$p,0; print \$?>>8,qq(\n)} else {POSIX::_exit(7)} exit 5"'
do_ python python3 -- '/usr/bin/python3 -c "
import ssl, sqlite3, ctypes, json, threading, subprocess, multiprocessing, os, signal, zlib, hashlib
print(sqlite3.connect(\":memory:\").execute(\"select 6*7\").fetchall())
t = [threading.Thread(target=hashlib.sha256, args=(b\"x\",)) for i in range(8)]
[x.start() for x in t]; [x.join() for x in t]
print(subprocess.run([\"echo\", \"child\"], capture_output=True).stdout)
with multiprocessing.get_context(\"fork\").Pool(2) as p: print(p.map(abs, [-1, 2]))
print(ctypes.CDLL(None).abs(-3), sorted(os.listdir(\"/proc/self/fd\"))[:3])
"; echo $?'
do_ numpy python3 -- '/usr/bin/python3 -c "import numpy as n; a=n.arange(10000.).reshape(100,100); print(n.linalg.det(a+n.eye(100)) != 0, n.fft.fft(a).shape, float(a.sum()))"'
do_ man-and-less less -- 'seq 100 | less -FX | tail -n 1; printf "x\n" | more'

# --- editors

do_ ed --setup 'seq 5 >f' ed -- 'printf "2d\n\$a\nlast\n.\nw\nq\n" | ed -s f; cat f'
do_ vim --setup 'seq 5 >f' vim.tiny -- 'vim.tiny -u NONE -es -c "2d|normal Goend" -c wq f; cat f'
do_ nano nano -- 'nano --version | head -n 1; TERM=dumb nano f </dev/null >/dev/null 2>&1; echo $?'
do_ emacs emacs -- 'emacs --batch -Q --eval "(progn (find-file \"f\") (insert \"text\n\") (save-buffer) (message \"%s\" (buffer-string)) (call-process \"true\") (kill-emacs 3))"; echo $?; cat f'
do_ gawk gawk -- 'seq 100 | gawk "{s+=\$1; a[\$1%7]++} END {print s, length(a); \"echo piped\" | getline x; print x, systime() > 0, strftime(\"%Y\", 0, 1)}"'
do_ mawk mawk -- 'seq 100 | mawk "{s+=\$1} END {print s; system(\"exit 3\")}"'

# --- interpreters and shells

do_ bash bash -- 'coproc cat; echo hello >&"${COPROC[1]}"; read -r x <&"${COPROC[0]}"; echo "$x"; exec {COPROC[1]}>&-; trap "echo trapped" USR1; kill -USR1 $$; (ulimit -n 20; exit 4); echo $?; cat < <(echo substituted); wait; echo "${BASH_VERSINFO[0]}"'
do_ dash dash -- 'dash -c "trap \"echo bye\" EXIT; a=\$(echo sub); echo \$a | tr a-z A-Z; kill -TERM \$\$"; echo $?'
do_ zsh zsh -- 'zsh -f -c "zmodload zsh/datetime zsh/mathfunc zsh/zpty; print \$((sqrt(2))); a=(c b a); print \${(o)a}; cat <(print sub) =(print temp)"'
do_ fish fish -- 'fish --no-config -c "for i in (seq 3); echo \$i; end; string upper abc; false; echo \$status"'
do_ ruby ruby -- 'ruby -rjson -rsocket -rdigest -e "puts JSON.dump([1,2]); t=Thread.new{puts Digest::SHA256.hexdigest(%q(x))}; t.join; puts \`echo sub\`; pid=fork{exit! 6}; Process.wait pid; p \$?.exitstatus; exit 2"'
do_ lua lua5.4 -- 'lua5.4 -e "local t={} for i=1,1e5 do t[#t+1]=i end print(#t, string.rep(\"x\", 3), pcall(error, \"e\")) io.popen(\"echo p\"):close() print(pcall(require, \"socket\")) os.exit(4)"'
do_ tcl tclsh -- 'echo "puts [expr {6*7}]; puts [exec echo sub]; package require Thread; puts [catch {open /nowhere}]; exit 3" | tclsh'
do_ php php -- 'php -n -r "echo json_encode([1,2]), PHP_EOL; echo hash(\"sha256\", \"x\"), PHP_EOL; system(\"echo sys\"); exit(5);"; echo $?; php -m | wc -l'
do_ node node -- 'node -e "const {execSync}=require(\"child_process\"),{Worker,isMainThread}=require(\"worker_threads\"),z=require(\"zlib\"),c=require(\"crypto\");console.log(execSync(\"echo sub\").toString(),z.gzipSync(\"x\").length,c.createHash(\"md5\").update(\"x\").digest(\"hex\"));new Worker(\"require(\\\"worker_threads\\\").parentPort.postMessage(1)\",{eval:true}).on(\"message\",m=>{console.log(m);process.exitCode=3})"'
do_ guile guile -- 'guile --no-auto-compile -c "(use-modules (ice-9 popen) (ice-9 threads)) (display (par-map 1+ (list 1 2 3))) (newline) (system* \"echo\" \"sub\") (exit 4)"'
do_ gforth gforth -- 'gforth -e "6 7 * . cr bye"'
do_ bc bc dc -- 'echo "scale=30; 4*a(1); 2^200" | bc -l; echo "2 100 ^ p" | dc'
do_ m4 m4 -- 'echo "define(x,\$1\$1)x(ab) esyscmd(echo sub) eval(2**10)" | m4'
do_ prolog swipl -- 'swipl -q -g "X is 6*7, print(X), nl, findall(Y,between(1,5,Y),L), print(L), nl, halt(3)"'
do_ erlang erl -- 'erl -noshell -noinput +S 2 -eval "io:format(\"~p~n\", [lists:sum(lists:seq(1,100))]), P=self(), [spawn(fun() -> P ! ok end) || _ <- lists:seq(1,50)], [receive ok -> ok end || _ <- lists:seq(1,50)], halt(2)."'
do_ octave --seconds 120 octave-cli -- 'octave-cli -q --no-window-system --eval "a=magic(4); disp(det(a+eye(4))); disp(system(\"exit 3\")); disp(sum(fft(1:8))); exit(4)"'
do_ r --seconds 120 Rscript -- 'Rscript --vanilla -e "set.seed(1); print(summary(lm(dist~speed,cars))\$r.squared); print(system(\"echo sub\", intern=TRUE)); library(stats4); quit(status=3)"'
do_ java --setup 'cat >T.java <<X
import java.util.*; import java.util.stream.*; import java.nio.file.*;
public class T { public static void main(String[] a) throws Exception {
 System.out.println(IntStream.range(0,1000).parallel().map(x->x*x).sum());
 Thread[] t=new Thread[8]; for (int i=0;i<8;i++) (t[i]=new Thread(()->{byte[] b=new byte[1<<20];})).start(); for (Thread x:t) x.join();
 System.out.println(new ProcessBuilder("echo","sub").start().waitFor());
 try { Object o=null; o.hashCode(); } catch (NullPointerException e) { System.out.println("caught"); }
 Files.writeString(Path.of("out"),"x"); Runtime.getRuntime().addShutdownHook(new Thread(()->System.out.println("hook"))); System.exit(6); } }
X' --seconds 120 java -- 'java -Xmx64m -XX:-UsePerfData T.java 2>&1 | head -n 3; java -Xmx64m -XX:-UsePerfData -version 2>/dev/null; echo $?'
do_ sqlite sqlite3 -- 'sqlite3 f.db "create table t(a); insert into t select value from generate_series(1,1000); select sum(a) from t; vacuum" ".dump" | cksum; sqlite3 f.db "pragma integrity_check"'
do_ jq jq -- 'seq 100 | jq -s "add, (map(select(.%2==0))|length)"; jq -n "error(\"x\")"; echo $?'
do_ gnuplot gnuplot -- 'gnuplot -e "set term dumb 40 10; plot sin(x)" | cksum'
do_ xmllint xmllint -- 'echo "<a><b/></a>" >x.xml; xmllint --xpath "count(//b)" x.xml; xmllint --noout --valid x.xml; echo $?'

# --- compilers

do_ gcc --setup 'echo "#include <stdio.h>
int main(void) { puts(\"compiled\"); return 3; }" >x.c' gcc -- 'gcc -O2 -Wall -frandom-seed=1 -o x x.c && ./x; echo $?; gcc -c -o /dev/null no.c; echo $?'
do_ g++ --setup 'printf "#include <map>\n#include <iostream>\nint main() { std::map<int,int> m{{1,2}}; try { throw m; } catch (std::map<int,int> &c) { std::cout << c[1] << std::endl; } }\n" >x.cc' g++ -- 'g++ -O1 -o x x.cc && ./x'
do_ clang --setup 'echo "int main(void) { return 4; }" >x.c' --seconds 120 clang -- 'clang -O2 -o x x.c && ./x; echo $?'
do_ tcc --setup 'echo "int puts(const char*); int main(void) { puts(\"run\"); return 4; }" >x.c' tcc -- 'tcc -run x.c; echo $?'
do_ gfortran --setup 'printf "program x\nprint *, sqrt(2.0)\nend program\n" >x.f90' gfortran -- 'gfortran -o x x.f90 && ./x'
do_ ocaml --setup 'echo "let () = print_endline (string_of_int (6*7)); exit 3" >x.ml' ocamlopt -- 'ocamlopt -o x x.ml && ./x; echo $?; ocaml x.ml; echo $?'
do_ assemblers --setup 'printf "global _start\n_start: mov rax,60\nmov rdi,5\nsyscall\n" >x.asm' nasm ld -- 'nasm -felf64 x.asm && ld -o x x.o && ./x; echo $?; objdump -d x | tail -n 3; strip x; readelf -S x | wc -l'
do_ make --setup 'printf "all: a b c\n%%: ; @echo \$@\n" >Makefile' make -- 'make -s -j1; make -j3 -s | sort; make none; echo $?'
do_ cmake --setup 'printf "cmake_minimum_required(VERSION 3.10)\nproject(x C)\nadd_executable(x x.c)\n" >CMakeLists.txt; echo "int main(void){return 0;}" >x.c' --seconds 180 cmake ninja -- 'cmake -G Ninja -B b . >/dev/null; echo $?; ninja -C b >/dev/null; echo $?; b/x; echo $?'
do_ git git -- 'export GIT_AUTHOR_DATE="2020-01-01 UTC" GIT_COMMITTER_DATE="2020-01-01 UTC" GIT_CONFIG_GLOBAL=/dev/null; git init -q -b m r; cd r; git config user.name n; git config user.email e; echo 1 >f; git add f; git commit -qm one; echo 2 >>f; git commit -qam two; git log --format="%h %s"; git gc -q; git fsck; git clone -q . ../c; git -C ../c log --oneline | wc -l; git rebase -q HEAD~1; git diff HEAD~1 --stat'

# --- data

do_ openssl openssl -- 'echo x | openssl dgst -sha256; openssl genrsa 1024 2>/dev/null | openssl rsa -noout -check; echo abc | openssl enc -aes-128-cbc -K 00 -iv 00 2>/dev/null | od -x; openssl version'
do_ gpg --setup 'mkdir -m 700 g' gpg -- 'export GNUPGHOME=$PWD/g; gpg --batch --quiet --passphrase x --symmetric --cipher-algo AES -o f.gpg </etc/hostname; gpg --batch --quiet --passphrase x -d f.gpg | cmp - /etc/hostname; echo $?; gpgconf --kill all'
do_ curl curl -- 'curl -s file:///etc/debian_version; curl -s --max-time 2 http://127.0.0.1:1/; echo $?; curl -V | head -n 1'
do_ wget wget -- 'wget -q -O- http://127.0.0.1:1/; echo $?'
do_ rsync --setup 'mkdir a; seq 1000 >a/f' rsync -- 'rsync -a a/ b/; cmp a/f b/f; rsync -n -a --delete a/ b/; echo $?'
do_ zip --setup 'seq 1000 >n' zip unzip -- 'zip -qX z.zip n; unzip -l z.zip | tail -n 1; unzip -p z.zip | cmp - n'
do_ graphviz dot -- 'echo "digraph {a->b->c; a->c}" >g; dot -Tsvg g | cksum; dot -Tpng g | cksum; neato -Tplain g | wc -l'
do_ imagemagick convert -- 'convert -size 64x64 gradient:red-blue -rotate 30 x.png; identify -format "%w %h\n" x.png; convert x.png -resize 50% y.jpg; identify -format "%w\n" y.jpg'
do_ ghostscript gs -- 'echo "%!PS
/Helvetica findfont 20 scalefont setfont 50 50 moveto (text) show showpage" >x.ps; gs -q -dNOSAFER -dBATCH -dNOPAUSE -sDEVICE=png16m -r20 -sOutputFile=x.png x.ps; cksum x.png; gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile=x.pdf x.ps; pdftotext x.pdf - 2>/dev/null | head -n 1'
do_ sox sox -- 'sox -R -n -r 8000 t.wav synth 0.1 sine 440; sox t.wav -n stat 2>&1 | head -n 3'
do_ gstreamer --seconds 120 gst-launch-1.0 -- 'gst-launch-1.0 -q videotestsrc num-buffers=5 ! videoconvert ! fakesink; echo $?; gst-inspect-1.0 videotestsrc | wc -l'
do_ file file -- 'file -b /bin/ls /etc/passwd | cut -d, -f1'
do_ expect expect -- 'expect -c "log_user 0; spawn cat; send \"hi\r\"; expect hi; puts [string length \$expect_out(0,string)]; close; wait; exit 3"'
do_ tmux tmux -- 'export TMUX_TMPDIR=$TMPDIR TERM=xterm; tmux -f /dev/null new-session -d -x 80 -y 24 "sleep 100"; tmux list-sessions -F "#{session_windows}"; tmux kill-server; echo $?'
do_ apt apt-cache -- 'apt-cache policy bash | wc -l; dpkg -l bash | tail -n 1; dpkg-query -W -f "\${Version}\n" dash'

# --- servers: started, asked, stopped

cat >serve <<'END_OF_SCRIPT'
#!/bin/bash
# serve PORT CLIENT SERVER [argument...]: forks as often each time, however long the server takes.
port=$1 client=$2
shift 2
exec 9<>fifo
"$@" >server.log 2>&1 9>&- &
pid=$!
for _ in {1..200}; do
	{ exec 8<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && break
	read -r -t 0.05 -u 9
done
exec 8>&-
eval "$client"
kill $pid
wait $pid
echo "the server ended with $?"
END_OF_SCRIPT
chmod +x serve
serve="bash $PWD/serve"
modules=/usr/lib/apache2/modules
do_ apache --setup "mkfifo fifo; { echo ServerRoot \$PWD; echo ServerName localhost; echo Listen 127.0.0.1:80; echo PidFile \$PWD/pid; echo ErrorLog \$PWD/error.log; echo DocumentRoot \$PWD; for m in mpm_event authn_core authz_core dir mime env alias; do echo LoadModule \${m}_module $modules/mod_\$m.so; done; echo TypesConfig /dev/null; echo '<Directory />'; echo Require all granted; echo '</Directory>'; } >conf; echo page >index.html" apache2 curl -- "$serve 80 'curl -s http://127.0.0.1/index.html' apache2 -X -f \$PWD/conf -D FOREGROUND"
do_ nginx --setup 'mkfifo fifo; echo "daemon off; pid $PWD/pid; error_log $PWD/e; worker_processes 1; user root; events {} http { access_log off; client_body_temp_path $PWD/t; proxy_temp_path $PWD/t; fastcgi_temp_path $PWD/t; uwsgi_temp_path $PWD/t; scgi_temp_path $PWD/t; server { listen 127.0.0.1:80; root $PWD; } }" >conf; echo page >index.html' nginx curl -- "$serve 80 'curl -s http://127.0.0.1/index.html' nginx -c \$PWD/conf"
do_ lighttpd --setup 'mkfifo fifo; echo "server.document-root = \"$PWD\"
server.port = 80
server.bind = \"127.0.0.1\"
index-file.names = (\"index.html\")" >conf; echo page >index.html' lighttpd curl -- "$serve 80 'curl -s http://127.0.0.1/' lighttpd -D -f conf"
# Its allocator wants more static TLS than any auditor leaves.
do_ redis --setup 'mkfifo fifo' redis-server redis-cli -- "export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384; $serve 6379 'redis-cli set a 1; redis-cli incr a; redis-cli save' redis-server --port 6379"
do_ memcached --setup 'mkfifo fifo' memcached -- "$serve 11211 'exec 7<>/dev/tcp/127.0.0.1/11211; printf \"set a 0 0 1\r\n1\r\nquit\r\n\" >&7; read -r x <&7; echo \$x' memcached -u nobody -l 127.0.0.1 -t 2"
do_ sshd --setup 'mkfifo fifo; mkdir -p /run/sshd; ssh-keygen -q -N "" -t ed25519 -f key; ssh-keygen -q -N "" -t ed25519 -f user; chmod 600 key user; mkdir -m 700 d; cp user.pub d/authorized; chown -R root d' --seconds 120 /usr/sbin/sshd ssh -- "$serve 22 'ssh -i user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1 \"echo in; exit 3\"; echo \$?' /usr/sbin/sshd -D -e -h \$PWD/key -o ListenAddress=127.0.0.1 -o StrictModes=no -o AuthorizedKeysFile=\$PWD/d/authorized -o PidFile=none -o UsePAM=no"
do_ dnsmasq --setup 'mkfifo fifo' dnsmasq -- "$serve 53 'exec 7<>/dev/udp/127.0.0.1/53; echo asked' dnsmasq -k -u root -C /dev/null --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts --log-facility=-"
do_ rsyncd --setup 'mkfifo fifo; mkdir a; echo data >a/f; printf "pid file=%s/p\nuse chroot=no\n[m]\npath=%s/a\nuid=root\ngid=root\n" $PWD $PWD >conf' rsync -- "$serve 873 'rsync rsync://127.0.0.1/m/f out; cat out' rsync --daemon --no-detach --config=conf"
do_ python-http --setup 'mkfifo fifo; echo page >x' python3 curl -- "$serve 8000 'curl -s http://127.0.0.1:8000/x' /usr/bin/python3 -m http.server --bind 127.0.0.1 8000"
do_ socat --setup 'mkfifo fifo' socat -- "$serve 99 'echo hello | socat - TCP:127.0.0.1:99' socat TCP-LISTEN:99,fork,reuseaddr EXEC:cat"
do_ netcat nc -- 'nc -l 127.0.0.1 90 >got & exec 9>&1; for i in 1 2 3 4 5 6 7 8 9; do { exec 8<>/dev/tcp/127.0.0.1/90; } 2>/dev/null && break; sleep 0.1; done; echo sent >&8; exec 8>&-; wait; cat got'
do_ dbus dbus-daemon dbus-send -- 'dbus-run-session -- dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.GetId | wc -c'
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
if [ -x "$bin/postgres" ]; then
	do_ postgresql --quiet --setup "chmod 777 .; chown postgres .; setpriv --reuid=postgres --regid=postgres --clear-groups env HOME=\$PWD $bin/initdb -D \$PWD/data -A trust --no-sync >/dev/null" --seconds 120 setpriv -- "setpriv --reuid=postgres --regid=postgres --clear-groups bash -c '$bin/postgres --single -D data postgres <<<\"select 6*7\" | grep -c 42; $bin/pg_ctl -s -w -D data -l log -o \"-k \$PWD -c listen_addresses= -c fsync=off\" start; psql -h \$PWD -d postgres -Atc \"select count(*) from generate_series(1,1000)\"; $bin/pg_ctl -s -w -D data -m fast stop; echo \$?'"
else
	skip_one postgresql "postgresql is not installed"
fi

# --- what has windows

if command -v Xvfb >/dev/null; then
	exec 7<>display-fifo 2>/dev/null || { mkfifo display-fifo; exec 7<>display-fifo; }
	Xvfb -displayfd 7 -screen 0 800x600x24 -nolisten tcp -ac >xvfb.log 2>&1 &
	xvfb=$!
	trap 'kill $xvfb' EXIT
	read -r -t 20 display <&7
	export DISPLAY=:$display NO_AT_BRIDGE=1 GTK_THEME=Adwaita LIBGL_ALWAYS_SOFTWARE=1 GSETTINGS_BACKEND=memory
	do_ xvfb Xvfb -- 'Xvfb :77 -screen 0 320x200x24 -nolisten tcp -terminate -once 2>/dev/null & p=$!; sleep 1; kill $p; wait $p; echo $?'
	do_ x11-apps xclock xlogo xdpyinfo -- 'timeout 1 xclock -digital; echo $?; timeout 1 xlogo; echo $?; xset q | head -n 1'
	do_ xterm xterm -- 'xterm -e sh -c "echo in the terminal >f; stty size >>f; exit 4"; cat f'
	do_ zenity zenity -- 'zenity --info --text=x --timeout=1 2>/dev/null; echo $?'
	do_ gtk-demo --seconds 120 gtk3-demo-application -- 'timeout 2 gtk3-demo-application 2>/dev/null; echo $?'
	do_ gtk-widgets --seconds 120 gtk3-widget-factory -- 'timeout 2 gtk3-widget-factory 2>/dev/null; echo $?'
	do_ mousepad --seconds 120 mousepad -- 'timeout 2 mousepad --disable-server 2>/dev/null; echo $?'
	do_ python-gtk python3 -- '/usr/bin/python3 -c "
import gi
gi.require_version(\"Gtk\", \"3.0\")
from gi.repository import Gtk, GLib
w = Gtk.Window(); w.add(Gtk.Label(label=\"x\")); w.show_all()
GLib.timeout_add(300, Gtk.main_quit); Gtk.main(); print(Gtk.get_major_version())" 2>/dev/null; echo $?'
	do_ python-qt python3 -- '/usr/bin/python3 -c "
import sys
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton
from PyQt5.QtCore import QTimer, QThread
a = QApplication([]); l = QLabel(\"text\"); l.show(); print(a.platformName())
QTimer.singleShot(300, lambda: a.exit(3)); sys.exit(a.exec_())" 2>/dev/null; echo $?'
	do_ inkscape --seconds 180 inkscape -- 'echo "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"><rect width=\"5\" height=\"5\"/></svg>" >x.svg; inkscape x.svg -o x.png 2>/dev/null; echo $?; file -b x.png'
else
	skip_one windows "Xvfb is not installed"
fi
do_ chromium --seconds 180 chromium -- 'chromium --headless --no-sandbox --disable-gpu --user-data-dir=$PWD/u --dump-dom "data:text/html,<p id=x></p><script>x.textContent=6*7</script>" 2>/dev/null; echo $?'
do_ libreoffice --seconds 240 soffice -- 'echo "some text" >x.txt; soffice --headless -env:UserInstallation=file://$PWD/u --convert-to pdf x.txt >/dev/null 2>&1; echo $?; head -c 5 x.pdf'

