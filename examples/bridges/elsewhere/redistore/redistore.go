package main

import (
	"encoding/gob"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/boj/redistore"
	"github.com/gomodule/redigo/redis"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

const name = "session"

var codecs = securecookie.CodecsFromPairs([]byte("elsewhere-elsewhere-elsewhere-01"))

// gorilla is gorilla/sessions with redistore, by requests whose cookie is signed.
type gorilla struct{ store *redistore.RediStore }

func (g gorilla) session(id string) (*sessions.Session, *http.Request, error) {
	request := httptest.NewRequest("GET", "/", nil)
	if id != "" {
		signed, err := securecookie.EncodeMulti(name, id, codecs...)
		if err != nil {
			// Too long for a cookie.
			return nil, nil, notFound
		}
		request.AddCookie(&http.Cookie{Name: name, Value: signed})
	}
	session, err := g.store.New(request, name)
	return session, request, err
}

func (g gorilla) write(session *sessions.Session, request *http.Request, fields Fields, ttl time.Duration) error {
	session.Values["fields"] = fields
	session.Options.MaxAge = int((ttl + time.Second - 1) / time.Second)
	return g.store.Save(request, httptest.NewRecorder(), session)
}

func (g gorilla) Create(fields Fields, ttl time.Duration) (string, error) {
	session, request, err := g.session("")
	if err == nil {
		err = g.write(session, request, fields, ttl)
	}
	return session.ID, err
}

func (g gorilla) Load(id string) (*Fields, error) {
	session, _, err := g.session(id)
	if err != nil || session.IsNew {
		return nil, err
	}
	fields := session.Values["fields"].(Fields)
	return &fields, nil
}

func (g gorilla) Save(id string, change func(*Fields), ttl time.Duration) error {
	session, request, err := g.session(id)
	if err != nil {
		return err
	}
	if session.IsNew {
		return notFound
	}
	fields := session.Values["fields"].(Fields)
	change(&fields)
	return g.write(session, request, fields, ttl)
}

func (g gorilla) Delete(id string) error {
	session, request, err := g.session(id)
	if err == notFound {
		return nil
	}
	if err != nil {
		return err
	}
	session.Options.MaxAge = -1
	return g.store.Save(request, httptest.NewRecorder(), session)
}

// debian returns the version of an installed package.
func debian(pack string) string {
	out, err := exec.Command("dpkg-query", "-W", "-f=${Version}", pack).Output()
	if err != nil {
		panic(err)
	}
	return string(out)
}

func main() {
	gob.Register(Fields{})
	server, err := url.Parse(os.Getenv("REDIS_URL"))
	if err != nil {
		panic(err)
	}
	port, _ := strconv.Atoi(server.Port())
	open := func(namespace, address string) Sessions {
		if address == "" {
			address = server.Host
		}
		// The error is that of a PING. The store works once the server does.
		store, _ := redistore.NewRediStore(10, "tcp", address, "", []byte("elsewhere-elsewhere-elsewhere-01"))
		store.SetKeyPrefix(namespace + ":")
		return gorilla{store}
	}
	inspect := func(namespace string) []string {
		conn, err := redis.Dial("tcp", server.Host)
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		keys, _ := redis.Strings(conn.Do("KEYS", namespace+":*"))
		texts := []string{}
		for _, key := range keys {
			value, _ := redis.String(conn.Do("GET", key))
			texts = append(texts, fmt.Sprintf("%s %q", key, value))
		}
		return texts
	}
	serve(map[string]any{
		"protocol": 1, "family": "server", "inspect": true, "name": "redistore",
		"versions":     map[string]string{"gorilla/sessions": debian("golang-github-gorilla-sessions-dev"), "redistore": debian("golang-github-boj-redistore-dev")},
		"declarations": map[string]any{"malformedIds": "NotFound"},
		"endpoint":     map[string]any{"host": server.Hostname(), "port": port},
	}, open, inspect)
}
