/// Texts as events of every day have them. A needle that is in one of them makes a poor trigger.
///
/// Only costs depend on them, and no match does.
enum CommonTexts {
    private static let texts: [[UInt8]] = [
        #"c:\windows\system32\svchost.exe -k netsvcs -p -s schedule"#, #"c:\windows\syswow64\wbem\wmiprvse.exe"#,
        #"c:\windows\system32\cmd.exe /c "c:\windows\temp\"#, #"c:\windows\system32\lsass.exe"#,
        #"c:\windows\system32\windowspowershell\v1.0\powershell.exe -nop -noni -command "#,
        #"c:\windows\explorer.exe c:\windows\system32\services.exe c:\windows\system32\rundll32.exe "#,
        #"c:\windows\system32\ntdll.dll+9d4c4|c:\windows\system32\kernelbase.dll+2c03e|c:\windows\winsxs\amd64"#,
        #"c:\windows\microsoft.net\framework64\v4.0.30319\ c:\windows\assembly\nativeimages_v4.0.30319_64\"#,
        #"c:\program files\microsoft office\root\office16\winword.exe c:\program files\common files\microsoft shared\"#,
        #"c:\program files (x86)\google\chrome\application\chrome.exe c:\program files (x86)\microsoft\edge\"#,
        #"c:\programdata\microsoft\windows defender\platform\4.18.23110.3-0\msmpeng.exe"#,
        #"c:\users\public\ c:\users\administrator\appdata\local\temp\ \appdata\roaming\microsoft\windows\"#,
        #"c:\users\user\desktop\ c:\users\user\downloads\ c:\users\user\documents\"#,
        #"hklm\system\currentcontrolset\services\tcpip\parameters\ hklm\software\microsoft\windows nt\currentversion\"#,
        #"hklm\software\microsoft\windows\currentversion\explorer\ hklm\software\policies\microsoft\windows\"#,
        #"hkcu\software\classes\ hku\s-1-5-21-1004336348-1177238915-682003330-512\software\microsoft\"#,
        #"nt authority\system nt authority\network service nt authority\local service"#,
        "microsoft corporation microsoft windows operating system", "http:// https:// .com/ .exe .dll .sys .ps1",
        "/usr/bin/ /usr/sbin/ /usr/lib/ /bin/bash /bin/sh -c /etc/ /var/log/ /var/lib/ /tmp/ /home/ /root/ /opt/ /proc/",
        "param( function get-item set-item write-host new-object import-module foreach-object $env: ",
        "set-variable invoke-command -path -name -force powershell ",
        "0x1000 0x1400 0x1410 0x1fffff 0x40 true false null 127.0.0.1 ::1 localhost",
    ].map { Array($0.utf8) }

    /// Whether `needle`, in lower case, is in one of the texts.
    static func contain(_ needle: [UInt8]) -> Bool {
        var steps: UInt64 = 0
        return texts.contains {
            TextSearch.finds(needle.span, in: $0.span, as: .contains, folds: false, steps: &steps)
        }
    }
}
