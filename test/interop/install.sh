# run.sh sources this file. It fetches clients from the package registries, by name, into $cache,
# once for each version of the lists beside this file. install CLIENT prints the command that drives
# the client. It returns 1 after a message about a missing program.
maven_version() { case $1 in 4.*) echo 2.0.17 ;; 3.*) echo 1.7.36 ;; 2.*) echo 1.7.30 ;; *) echo 1.7.25 ;; esac }

missing() { echo "interop: $1" >&2; return 1; }
need() { command -v "$1" >/dev/null || missing "$1 is missing${2:+: apt-get install -y $2}"; }

# once NAME FILE... -- COMMAND... runs the command in the folder $cache/NAME unless it has already
# succeeded there with the same files.
once() {
  local name=$1 files=() sum; shift
  while [ "$1" != -- ]; do files+=("$1"); shift; done; shift
  sum=$(cat "${files[@]}" <<<"$*" | sha256sum | cut -d' ' -f1)
  mkdir -p "$cache/$name"
  [ "$(cat "$cache/$name/.stamp" 2>/dev/null)" = "$sum" ] && return
  (cd "$cache/$name" && "$@") >"$cache/$name.log" 2>&1 || { tail -5 "$cache/$name.log" >&2; missing "cannot install $name, see $cache/$name.log"; return 1; }
  echo "$sum" >"$cache/$name/.stamp"
}

java_client() {
  mvn -q -B -f "$here/java/pom.xml" -Dkafka.version="$1" -Dslf4j.version="$(maven_version "$1")" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$PWD/jars"
  javac -nowarn -proc:none -cp 'jars/*' -d classes "$here/java/Driver.java"
}
python_clients() { python3 -m venv . && bin/pip install -q -r "$here/python/requirements.txt"; }
node_client() { cp "$here/node/package.json" . && npm install --no-audit --no-fund --omit=dev; }
go_client() { (cd "$here/go" && go build -o "$cache/go/$1" "./$1"); }
apt_kcat() {
  command -v kcat && return
  [ "$(id -u)" = 0 ] && command -v apt-get || { echo "kcat is missing: apt-get install -y kcat"; return 1; }
  apt-get install -y -q kcat || { apt-get update -q && apt-get install -y -q kcat; }
}

install() {
  local v
  case $1 in
    java-*)
      v=${1#java-}
      need javac openjdk-17-jdk-headless && need mvn maven || return 1
      once "$1" "$here/java/pom.xml" "$here/java/Driver.java" -- java_client "$v" || return 1
      echo "java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dclient.version=$v -cp $cache/$1/classes:$cache/$1/jars/* Driver" ;;
    confluent-kafka | kafka-python)
      need python3 python3-venv || return 1
      once python "$here/python/requirements.txt" -- python_clients || return 1
      v=${1%-kafka}
      echo "$cache/python/bin/python $here/python/${v//-/}.py" ;;
    kcat)
      need python3 python3 || return 1
      once kcat /dev/null -- apt_kcat || return 1
      need kcat kcat || return 1
      echo "python3 $here/python/kcat.py" ;;
    franz-go | sarama | kafka-go)
      v=$1; [ "$1" = franz-go ] && v=franz; [ "$1" = kafka-go ] && v=segmentio
      need go || return 1
      mkdir -p "$cache/go"
      go_client "$v" >&2 || { missing "cannot build the driver of $1"; return 1; }
      echo "$cache/go/$v" ;;
    kafkajs)
      need node nodejs && need npm npm || return 1
      once node "$here/node/package.json" -- node_client || return 1
      echo "env NODE_PATH=$cache/node/node_modules node $here/node/driver.js" ;;
    *) missing "no client named $1; there are: ${all[*]}" ;;
  esac
}
