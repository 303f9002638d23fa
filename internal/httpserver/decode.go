package httpserver

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxBodyBytes bounds a request body: room for the longest valid greeting many
// times over, and little enough to hold for every connection.
const maxBodyBytes = 4 << 10

// Decode reads a JSON request body into v, a pointer to a struct, strictly:
// one object of known fields, names in their exact case, none twice, valid
// UTF-8, nothing behind it. What is wrong comes back as the problem to answer with.
func Decode(c *gin.Context, v any) *Problem {
	if !isJSON(c.Request.Header["Content-Type"]) {
		return problem(http.StatusUnsupportedMediaType, "the content type must be application/json in UTF-8")
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBodyBytes))
	if err != nil {
		return readProblem(err)
	}
	if err := json.Unmarshal(body, v, json.RejectUnknownMembers(true)); err != nil {
		return problem(http.StatusBadRequest, describe(err))
	}
	return nil
}

func problem(status int, detail string) *Problem {
	p := NewProblem(status, detail)
	return &p
}

func isJSON(contentType []string) bool {
	if len(contentType) != 1 {
		return false
	}
	if contentType[0] == "application/json" { // what nearly every client sends
		return true
	}
	mediaType, params, err := mime.ParseMediaType(contentType[0])
	charset, given := params["charset"]
	return err == nil && mediaType == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

func readProblem(err error) *Problem {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body must not exceed %d bytes", tooLarge.Limit))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem(http.StatusRequestTimeout, "the body did not arrive in time")
	default:
		return problem(http.StatusBadRequest, "the body did not arrive whole")
	}
}

// describe says what is wrong with a body in the client's terms: the field and
// the rule, never the names of our types.
func describe(err error) string {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		switch {
		case errors.Is(syntax.Err, jsontext.ErrDuplicateName):
			return field(syntax.JSONPointer) + " must not be given twice"
		case strings.Contains(syntax.Err.Error(), "UTF-8"), strings.Contains(syntax.Err.Error(), "surrogate"):
			return field(syntax.JSONPointer) + " must be valid UTF-8"
		default:
			return fmt.Sprintf("the body must be one JSON object and nothing else: wrong at byte %d", syntax.ByteOffset)
		}
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		switch {
		case errors.Is(semantic.Err, json.ErrUnknownName):
			return field(semantic.JSONPointer) + " is not a known field"
		case semantic.GoType != nil && semantic.JSONPointer != "":
			return field(semantic.JSONPointer) + " must be a " + semantic.GoType.Kind().String()
		}
	}
	return "the body must be one JSON object"
}

// field names the field a JSON pointer (RFC 6901) leads to, quoted because the
// client chose it, and cut because it may have chosen it long.
func field(p jsontext.Pointer) string {
	if p == "" {
		return "the body"
	}
	name := []rune(p.LastToken())
	if len(name) > 40 {
		name = append(name[:40], '…')
	}
	return fmt.Sprintf("%q", string(name))
}
