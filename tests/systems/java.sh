# JNI: System.loadLibrary searches java.library.path itself and opens the file with RTLD_LAZY; java's launcher
# opens libjvm.so before that.  Frames of compiled Java code belong to no object.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need java
jar=/usr/share/java/jna.jar
[ -e $jar ] || skip "libjna-java is not installed"
explained java -Xshare:auto -cp $jar com.sun.jna.Native
expect_match "output" "$(cat audited.out)" 'Native: '
answer=$(plugreport why-loaded 'libjnidispatch*')
expect_match "who opened it" "$answer" 'os::(Linux|Posix)?.*dlopen.* in libjvm\.so opened it'
expect_match "for whom" "$answer" 'JVM_LoadLibrary\(\)'
expect_match "the launcher" "$answer" 'dlopen\(".*/libjvm\.so", RTLD_NOW\|RTLD_GLOBAL\) called from LoadJavaVM\(\)'
rm -f plugaudit.db*
recipe java
