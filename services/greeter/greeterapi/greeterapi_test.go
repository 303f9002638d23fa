package greeterapi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     error
	}{
		{"plain", "Ada", nil},
		{"one character", "A", nil},
		{"spaces inside and around", " Ada Lovelace ", nil},
		{"any script", "Ада 阿达 🚢", nil},
		{"joined emoji", "👩‍👩‍👧", nil},
		{"quotes and markup", `<b>"Ada"</b>`, nil},
		{"longest", strings.Repeat("ü", 100), nil},
		{"too long", strings.Repeat("ü", 101), greeterapi.ErrNameTooLong},
		{"empty", "", greeterapi.ErrNameBlank},
		{"spaces", "   ", greeterapi.ErrNameBlank},
		{"ideographic spaces", "\u3000\u3000", greeterapi.ErrNameBlank},
		{"line break", "Ada\nEve", greeterapi.ErrNameControl},
		{"escape", "\x1b[31mAda", greeterapi.ErrNameControl},
		{"null", "Ada\x00", greeterapi.ErrNameControl},
		{"delete", "Ada\x7f", greeterapi.ErrNameControl},
		{"C1 control", "Ada\u0085", greeterapi.ErrNameControl},
		{"invalid UTF-8", "Ada\xff", greeterapi.ErrNameUnicode},
		{"replacement character", "Ada\ufffd", greeterapi.ErrNameUnicode},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := greeterapi.Request{Name: tt.in}.Validate()
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), `"name"`) {
				t.Errorf("error %q does not name the field", err)
			}
		})
	}
}
